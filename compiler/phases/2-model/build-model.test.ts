import { describe, expect, test } from "vitest";
import { modelOf, prelude } from "./model-of.test.program.js";

const ids = (files: Record<string, string>) => modelOf(files).functions.map(({ id }) => id);
const fn = (client: string, id = "f") =>
  `export const f = ${client}.createFunction({ id: "${id}" }, { event: "e" }, async () => {});`;

describe("a definition is found whatever leads to its client", () => {
  test.each<[string, Record<string, string>]>([
    [
      "a renamed import",
      { "a.ts": `import { Inngest as Q } from "inngest"; const c = new Q({ id: "a" }); ${fn("c")}` },
    ],
    [
      "our name",
      { "a.ts": `import { Stepwright } from "stepwright"; const c = new Stepwright({ id: "a" }); ${fn("c")}` },
    ],
    ["a namespace", { "a.ts": `import * as sdk from "inngest"; const c = new sdk.Inngest({ id: "a" }); ${fn("c")}` }],
    [
      "barrels and a default export",
      {
        "client.ts": `${prelude} export default client;`,
        "index.ts": `export { default as engine } from "./client.js";`,
        "all.ts": `export * from "./index.js";`,
        "a.ts": `import { engine } from "./all.js"; ${fn("engine")}`,
      },
    ],
    [
      "a module as a namespace",
      { "c.ts": `${prelude} export { client };`, "a.ts": `import * as m from "./c.js"; ${fn("m.client")}` },
    ],
    ["an object", { "a.ts": `${prelude} const app = { jobs: { client } }; ${fn("app.jobs.client")}` }],
    ["a factory", { "a.ts": `${prelude} const make = () => { const made = client; return made; }; ${fn("make()")}` }],
    ["a cached global", { "a.ts": `${prelude} const g = (globalThis as any).c ?? client; ${fn("g")}` }],
    [
      "a subclass",
      {
        "a.ts": `import { Inngest } from "inngest"; class C extends Inngest {} const c = new C({ id: "a" }); ${fn("c")}`,
      },
    ],
    [
      "a class's property",
      {
        "a.ts": `${prelude} class Jobs { client = client; f = this.client.createFunction({ id: "f" }, { event: "e" }, async () => {}); }`,
      },
    ],
    [
      "a typed parameter",
      {
        "a.ts": `import type { Inngest } from "inngest"; export function define(c: Inngest) { return c.createFunction({ id: "f" }, { event: "e" }, async () => {}); }`,
      },
    ],
    [
      "the method alone",
      {
        "a.ts": `${prelude} const { createFunction: define } = client; export const f = define({ id: "f" }, { event: "e" }, async () => {});`,
      },
    ],
    [
      "CommonJS",
      {
        "c.cjs": `const { Inngest } = require("inngest"); module.exports = { client: new Inngest({ id: "a" }) };`,
        "a.cjs": `const { client } = require("./c.cjs"); exports.f = client.createFunction({ id: "f" }, { event: "e" }, async () => {});`,
      },
    ],
    [
      "a link under another name",
      {
        "node_modules/@acme/flows/package.json": `{"name":"stepwright","types":"x.d.ts"}`,
        "node_modules/@acme/flows/dist/x.d.ts": "export declare class Inngest {}",
        "a.ts": `import { Inngest } from "inngest"; const c = new Inngest({ id: "a" }); ${fn("c")}`,
      },
    ],
  ])("%s", (_name, files) => {
    expect(ids(files)).toEqual(["f"]);
  });

  test("but not of another library", () => {
    expect(ids({ "a.ts": `import { Other } from "other"; const c = new Other(); ${fn("c")}` })).toEqual([]);
  });

  test("nor of a folder of the project that has the package's name", () => {
    const files = {
      "tsconfig.json": `{"compilerOptions":{"module":"esnext","moduleResolution":"bundler","paths":{"*":["./src/*"]}}}`,
      "src/inngest/client.ts": `${prelude} export { client };`,
      "src/a.ts": `import { client } from "inngest/client"; ${fn("client")}`,
    };
    expect(ids(files)).toEqual(["f"]);
  });

  test("nor in a test", () => {
    expect(ids({ "a.test.ts": `${prelude} ${fn("client")}` })).toEqual([]);
  });
});

describe("factories", () => {
  test("one function for each call whose arguments are constants, through other files and calls", () => {
    const files = {
      "make.ts": `${prelude}
        export const make = (name: string, limit = 1) =>
          client.createFunction({ id: \`sync-\${name}\`, concurrency: limit }, { cron: "@daily" }, async () => {});
        export function twice(name: string) { return [make(name, 2), make(name + "-again")]; }`,
      "use.ts": `import { make, twice } from "./make.js";
        export const all = [...twice("x"), ...["a", "b"].map((name) => make(name, 5))];
        for (const name of ["p", "q"] as const) make(name);`,
    };
    const { functions } = modelOf(files);
    const found = functions.map(
      ({ id, config }) => `${id} ${JSON.stringify(Reflect.get(Object(config.value), "concurrency"))}`,
    );
    expect(found.sort()).toEqual(["sync-a 5", "sync-b 5", "sync-p 1", "sync-q 1", "sync-x 2", "sync-x-again 1"]);
  });

  test("a factory that is called twice for the same function makes one", () => {
    const files = {
      "make.ts": `import type { Inngest } from "inngest"; export const all = (c: Inngest) => [c.createFunction({ id: "f" }, { event: "e" }, async () => {})];`,
      "a.ts": `import { all } from "./make.js"; ${prelude} all(client);`,
      "b.ts": `import { all } from "./make.js"; ${prelude} all(client);`,
    };
    expect(ids(files)).toEqual(["f"]);
  });

  test("arguments that are not constant make it opaque, with the reason", () => {
    const { functions, opaque } = modelOf({
      "a.ts": `${prelude} const make = (name: string) => client.createFunction({ id: \`x-\${name}\` }, { event: "e" }, async () => {}); make(process.env.NAME!);`,
    });
    expect(functions.map(({ id }) => id)).toEqual([null]);
    expect(opaque.map(({ at, reason }) => `${at}: ${reason}`)).toEqual([
      "id: `process.env.NAME` is read from the environment",
    ]);
  });
});

describe("what is broken elsewhere", () => {
  test.each([
    [
      "an import that leads nowhere",
      `import { limit } from "./nowhere"; export const f = client.createFunction({ id: "f", concurrency: limit }, { event: "e" }, async () => {});`,
    ],
    [
      "a package that is not installed",
      `import { limit } from "gone"; export const f = client.createFunction({ id: "f", concurrency: limit }, { event: "e" }, async () => {});`,
    ],
    [
      "a type error",
      `const n: number = "x"; export const f = client.createFunction({ id: "f" }, { event: "e" }, async () => n.foo.bar);`,
    ],
    [
      "a syntax error",
      `const = ; export const f = client.createFunction({ id: "f" }, { event: "e" }, async () => {});`,
    ],
    [
      "a cycle",
      `const a = b; const b = a; export const f = client.createFunction({ id: "f", retries: a }, { event: "e" }, async () => {});`,
    ],
    [
      "endless recursion",
      `const go = (n: number): number => go(n + 1); export const f = client.createFunction({ id: "f", retries: go(1) }, { event: "e" }, async () => {});`,
    ],
  ])("%s leaves the function there", (_name, text) => {
    expect(ids({ "a.ts": `${prelude}\n${text}` })).toEqual(["f"]);
  });
});

test("constants are folded across modules", () => {
  const { functions, opaque } = modelOf({
    "limits.ts": `export enum Limit { Few = 2, Many = Few * 5 } export const shared = { retries: 1, throttle: { limit: Limit.Few, period: "1m" } } as const;`,
    "a.ts": `${prelude} import { Limit, shared } from "./limits.js"; import ms from "ms";
      const isBig = Limit.Many > 5;
      export const f = client.createFunction(
        { ...shared, id: ["a", "b"].join("-"), concurrency: [{ limit: isBig ? Limit.Many : 1 }], timeouts: { finish: ms("5m") / 1000 + "s" }, retries: process.env.RETRIES },
        { event: \`order/\${"placed".toUpperCase()}\` }, async () => {});`,
  });
  expect(functions[0]?.config.value).toMatchObject({
    id: "a-b",
    concurrency: [{ limit: 10 }],
    throttle: { limit: 2, period: "1m" },
    timeouts: { finish: "300s" },
  });
  expect(functions[0]?.triggers?.[0]).toMatchObject({ kind: "event", event: "order/PLACED" });
  expect(opaque.map(({ at }) => at)).toEqual(["retries"]);
});

test("waivers cover the line that they are on, or the definition that follows", () => {
  const { waivers } = modelOf({
    "a.ts": `${prelude}
// stepwright-allow some-code: it is fine
export const f = client.createFunction(
  { id: "f" }, // stepwright-allow other-code
  { event: "e" },
  async () => {},
);`,
  });
  expect(waivers.map(({ code, reason, covers }) => [code, reason, covers.line, covers.endLine])).toEqual([
    ["some-code", "it is fine", 4, 8],
    ["other-code", "", 5, 5],
  ]);
});
