import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { EventSchemas } from "../define/event-schemas.js";
import { eventType, invoke } from "../define/event-type.js";
import { Stepwright } from "../define/client.js";
import { clearRegisteredFunctions } from "../define/registry.js";
import { ExpressionLibrary } from "../manifest/expression/expression-library.js";
import { manifestVersion, type Manifest } from "../manifest/manifest.js";
import { applicationFromDefinitions } from "./application.js";
import { defineApp } from "./define-app.js";

const client = new Stepwright({ id: "shop" });
const location = { file: "src/a.ts", line: 3, column: 1 };

const emptyManifest: Manifest = {
  version: manifestVersion,
  app: { id: "shop", package: "stepwright" },
  events: [],
  functions: [],
  waivers: [],
  opaque: [],
  hash: "h",
};

afterEach(clearRegisteredFunctions);

describe("applicationFromDefinitions", () => {
  it("describes functions from their values", () => {
    const placed = eventType("order/placed", { schema: z.object({ total: z.number() }) });
    const definition = client.createFunction(
      { id: "a", name: "A", retries: 1, triggers: [{ event: placed, if: "event.data.total > 1" }], onFailure: () => 1 },
      () => 2,
    );
    const app = applicationFromDefinitions([definition]);
    expect(app.appId).toBe("shop");
    expect(app.functions).toHaveLength(1);
    expect(app.functions[0]).toMatchObject({
      fullId: "shop-a",
      definition,
      entry: {
        id: "a",
        name: "A",
        triggers: [{ kind: "event", event: "order/placed", if: { source: "event.data.total > 1" } }],
        config: { retries: { limit: 1 } },
        handlers: { onFailure: true },
      },
    });
    expect(app.manifest.functions[0]).toBe(app.functions[0]?.entry);
    expect(app.events.validator("order/placed")?.({ total: 1 })).toBeNull();
    expect(app.events.validator("order/placed")?.({ total: "x" })).toMatch(/^data\.total: /);
    expect(app.events.validator("other")).toBeNull();
  });

  it("names every error of a configuration", () => {
    const definition = client.createFunction(
      { id: "a", retries: 99 as never, throttle: { limit: 1, period: "9d" as never }, triggers: [{ cron: "nope" }] },
      () => 1,
    );
    expect(() => applicationFromDefinitions([definition])).toThrow(
      /configuration of `a` is wrong:\n {2}throttle.period: .*\n {2}retries: .*\n {2}triggers.0.cron: .*\(invalid-function/,
    );
  });

  it("refuses two functions of one id, and two applications", () => {
    const one = client.createFunction({ id: "a" }, () => 1);
    const again = client.createFunction({ id: "a" }, () => 1);
    const foreign = new Stepwright({ id: "other" }).createFunction({ id: "b" }, () => 1);
    expect(() => applicationFromDefinitions([one, again])).toThrow(/duplicate-function-id/);
    expect(() => applicationFromDefinitions([one, foreign])).toThrow(/`shop`, `other`.*several-applications/);
  });

  it("interprets expressions that no build has lowered", () => {
    const { expressions } = applicationFromDefinitions([]);
    const closure = expressions.lookup("event.data.a + async.data.b");
    expect(closure({ data: { a: 1 } }, { data: { b: 2 } }, new ExpressionLibrary(0))).toBe(3);
    expect(expressions.lookup("event.data.a + async.data.b")).toBe(closure);
    expect(() => expressions.lookup("event.")).toThrow(/invalid-expression/);
  });
});

describe("defineApp", () => {
  const input = { declarations: [], expressions: [] };

  it("joins the manifest with the definitions, and describes what it does not have", () => {
    const known = client.createFunction({ id: "known", retries: 3, triggers: [{ event: "a/b" }] }, () => 1);
    const extra = client.createFunction({ id: "extra", triggers: [{ cron: "@daily" }] }, () => 1);
    new Stepwright({ id: "other" }).createFunction({ id: "foreign" }, () => 1);
    const { functions } = applicationFromDefinitions([known]);
    const entry = { ...functions[0]!.entry, location, hash: "from the build" };
    const app = defineApp({ ...input, manifest: { ...emptyManifest, functions: [entry] } });
    expect(app.functions.map(({ fullId, definition }) => [fullId, definition])).toEqual([
      ["shop-known", known],
      ["shop-extra", extra],
    ]);
    expect(app.functions[0]?.entry).toEqual(entry);
    expect(app.functions[1]?.entry.triggers).toMatchObject([{ kind: "cron", expression: "0 0 * * *" }]);
  });

  it("resolves what is opaque in an entry", () => {
    const definition = client.createFunction(
      { id: "a", retries: 7, triggers: [invoke(z.object({ x: z.number() })), { cron: "0 5 * * *" }] },
      () => 1,
    );
    const entry = {
      ...applicationFromDefinitions([definition]).functions[0]!.entry,
      config: { ...applicationFromDefinitions([definition]).functions[0]!.entry.config, retries: undefined },
      triggers: [{ kind: "invoke", schema: { type: "object" } }],
      steps: [{ kind: "step", tool: "run", id: "s", location }],
      location,
      opaque: [{ at: "triggers.1.cron", reason: "r", location }],
    };
    const retries = { limit: 4, backoff: { kind: "table", baseMs: 1, maxMs: 1, jitterMs: 1 } };
    const manifest = { ...emptyManifest, functions: [{ ...entry, config: { ...entry.config, retries } }] };
    const resolved = defineApp({ ...input, manifest }).functions[0]?.entry;
    expect(resolved).toMatchObject({
      config: { retries: { limit: 7 } },
      triggers: [
        { kind: "invoke", schema: { type: "object" } },
        { kind: "cron", expression: "0 5 * * *" },
      ],
      steps: [{ id: "s" }],
      location,
    });
  });

  it("uses the last definition of an id, as after a reload", () => {
    client.createFunction({ id: "a" }, () => 1);
    const second = client.createFunction({ id: "a" }, () => 2);
    expect(defineApp({ ...input, manifest: emptyManifest }).functions[0]?.definition).toBe(second);
  });

  it("refuses a manifest that is not one, or that names what is not there", () => {
    expect(() => defineApp({ ...input, manifest: { version: 99 } })).toThrow(/invalid-manifest/);
    const definition = client.createFunction({ id: "gone" }, () => 1);
    const { entry } = applicationFromDefinitions([definition]).functions[0]!;
    clearRegisteredFunctions();
    const manifest = { ...emptyManifest, functions: [{ ...entry, location }] };
    expect(() => defineApp({ ...input, manifest })).toThrow(/`gone` at src\/a.ts:3.*missing-definition/);
  });

  it("checks events by the schemas that it is given, and by the manifest's", async () => {
    const events: Manifest["events"] = [
      {
        name: "typed",
        declared: "type",
        schema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
        senders: [],
        consumers: [],
      },
    ];
    const schemas = new EventSchemas().fromSchema({ declared: z.object({ s: z.string() }) });
    const declarations = [eventType("single", { schema: z.object({ b: z.boolean() }) }), schemas];
    const app = defineApp({ manifest: { ...emptyManifest, events }, declarations, expressions: [] });
    expect(await app.events.validator("typed")?.({ n: 1.5 })).toMatch(/^data\.n/);
    expect(await app.events.validator("typed")?.({ n: 1 })).toBeNull();
    expect(await app.events.validator("declared")?.({})).toMatch(/^data\.s/);
    expect(await app.events.validator("single")?.({ b: true })).toBeNull();
  });

  it("takes the closures of the build", () => {
    const closure = () => "built";
    const app = defineApp({ manifest: emptyManifest, declarations: [], expressions: [["event.id", closure]] });
    expect(app.expressions.lookup("event.id")).toBe(closure);
  });
});
