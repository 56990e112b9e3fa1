import { describe, expect, it } from "vitest";
import { manifestVersion, type Manifest } from "../../../runtime/manifest/manifest.js";
import { printJsonSchemaType } from "./json-schema-type.js";
import { namePropertiesOf } from "./property-names.js";
import { importPath } from "./import-path.js";
import { printManifest, printManifestLiteral } from "./print-manifest.js";
import { renderFiles } from "./render-files.js";

describe("printJsonSchemaType", () => {
  it.each<[Record<string, unknown>, string]>([
    [{}, "any"],
    [{ type: "string", format: "email" }, "string"],
    [{ type: "integer" }, "number"],
    [{ type: ["string", "null"] }, "string | null"],
    [{ enum: ["a", 1, null] }, '"a" | 1 | null'],
    [{ const: true }, "true"],
    [{ type: "array", items: { type: ["string", "number"] } }, "(string | number)[]"],
    [{ type: "array" }, "any[]"],
    [{ type: "array", prefixItems: [{ type: "string" }, { type: "number" }], items: false }, "[string, number]"],
    [{ type: "object" }, "Record<string, any>"],
    [{ type: "object", additionalProperties: { type: "number" } }, "Record<string, number>"],
    [{ type: "object", additionalProperties: false }, "Record<string, never>"],
    [
      { type: "object", properties: { a: { type: "string" }, "b-c": { type: "boolean" } }, required: ["a"] },
      '{ a: string; "b-c"?: boolean }',
    ],
    [{ anyOf: [{ type: "string" }, { type: "string" }, { type: "null" }] }, "string | null"],
    [{ allOf: [{ type: "object", properties: { a: { type: "string" } }, required: ["a"] }, {}] }, "{ a: string }"],
    [{ $ref: "#/$defs/a", $defs: { a: { type: "number" } } }, "number"],
    [
      { $ref: "#/$defs/n", $defs: { n: { type: "object", properties: { next: { $ref: "#/$defs/n" } } } } },
      "{ next?: any }",
    ],
  ])("%j", (schema, type) => {
    expect(printJsonSchemaType(schema)).toBe(type);
  });
});

it("names properties, whatever the order", () => {
  const names = ["order/placed", "order.placed", "user/signed-up", "name", "2fa/enabled", "///", "many", "delete"];
  const expected = {
    "order/placed": "orderSlashPlaced",
    "order.placed": "orderDotPlaced",
    "user/signed-up": "userSignedUp",
    name: "nameEvent",
    "2fa/enabled": "_2faEnabled",
    "///": "_",
    many: "manyEvent",
    delete: "delete",
  };
  expect(Object.fromEntries(namePropertiesOf(names, "Event"))).toEqual(expected);
  expect(Object.fromEntries(namePropertiesOf([...names].reverse(), "Event"))).toEqual(expected);
});

it.each([
  ["src/a.ts", "/app/.stepwright", "../src/a.js"],
  ["src/a.mts", "/app/src", "./a.mjs"],
  ["../shared/b.tsx", "/app/.stepwright", "../../shared/b.js"],
  ["src/c.js", "/app/out/deep", "../../src/c.js"],
])("imports %s from %s as %s", (file, outDir, expected) => {
  expect(importPath(file, { root: "/app", outDir })).toBe(expected);
});

it("prints every name as data", () => {
  const hostile = '"];process.exit(1)//';
  const manifest: Manifest = {
    version: manifestVersion,
    app: { id: hostile, package: "inngest" },
    events: [{ name: hostile, declared: "none", senders: [], consumers: [] }],
    functions: [],
    waivers: [],
    opaque: [],
    hash: "",
  };
  const files = renderFiles(manifest, { root: "/app", outDir: "/app/.stepwright" });
  expect(files["client.ts"]).toContain(`${JSON.stringify(hostile)}: any;`);
  expect(files["client.ts"]).toContain("processExit1: {");
  expect(files["client.ts"]).toContain('from "inngest/codegen"');
});

it("prints a manifest as JSON does, whatever was printed before", () => {
  const location = { file: "src/a.ts", line: 1, column: 1 };
  const entry = (id: string): Manifest["functions"][number] => ({
    id,
    description: `two\nlines, "quotes", \\ and \u2028`,
    triggers: [],
    config: {
      retries: { limit: 4, backoff: { kind: "table", baseMs: 1, maxMs: 1, jitterMs: 1 } },
      concurrency: [],
      cancelOn: [],
      timeouts: {},
    },
    handlers: { onFailure: false, onCancel: false, onComplete: false },
    steps: [],
    location,
    hash: id,
    opaque: [],
  });
  const kept = entry("kept");
  const rest: Omit<Manifest, "events" | "functions"> = {
    version: manifestVersion,
    app: { id: "a", package: "stepwright" },
    waivers: [],
    opaque: [],
    hash: "h",
  };
  const waivers = [{ code: "unawaited-step", reason: "meant", location }];
  const events = [{ name: "e", declared: "none" as const, senders: [{ location }], consumers: [] }];
  const manifests: Manifest[] = [
    { ...rest, events: [], functions: [] },
    { ...rest, events: [], functions: [kept, entry("other")] },
    { ...rest, events, functions: [entry("new"), kept], waivers, hash: "i" },
  ];
  for (const each of manifests) {
    // In the order in which the compiler writes it.
    const { version, app, functions, opaque, hash } = each;
    const manifest: Manifest = { version, app, events: each.events, functions, waivers: each.waivers, opaque, hash };
    expect(printManifest(manifest)).toBe(`${JSON.stringify(manifest, null, 2)}\n`);
    expect(printManifestLiteral(manifest)).toBe(JSON.stringify(JSON.stringify(manifest)));
  }
});
