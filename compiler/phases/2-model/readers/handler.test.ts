import { describe, expect, test } from "vitest";
import { functionOf, graphOf, modelOf } from "../model-of.test.program.js";

const run = (id: string) => `step.run("${id}", () => 1)`;

describe("the step graph", () => {
  test.each([
    ["in sequence", `await ${run("a")}; await ${run("b")};`, "a, b"],
    ["at once", `await Promise.all([${run("a")}, ${run("b")}]);`, "parallel(a, b)"],
    [
      "kept and awaited later",
      `const a = ${run("a")}; const b = ${run("b")}; await Promise.all([a, b]); await ${run("c")};`,
      "parallel(a?later, b?later), c",
    ],
    [
      "beside others",
      `const a = ${run("a")}; await ${run("b")}; await ${run("c")}; await a;`,
      "parallel(a?later, sequence(b, c))",
    ],
    [
      "pushed",
      `const all = []; for (const i of [1]) all.push(${run("a")}); await Promise.all(all);`,
      "concurrent loop(a?later)",
    ],
    ["race", `await Promise.race([${run("a")}, ${run("b")}]);`, "race(a, b)"],
    [
      "step.race",
      `await step.race("r", { a: () => ${run("a")}, b: async () => { await ${run("b")}; await ${run("c")}; } });`,
      "race(a, sequence(b, c))",
    ],
    ["group.parallel", `await group.parallel(async () => Promise.race([${run("a")}, ${run("b")}]));`, "race(a, b)"],
    ["branch", `if (event.x) await ${run("a")}; else await ${run("b")};`, "branch(a, b)"],
    ["an early return", `if (event.x) { await ${run("a")}; return; } await ${run("a")};`, "branch(a, a)"],
    ["switch", `switch (event.x) { case 1: await ${run("a")}; break; default: await ${run("b")}; }`, "branch(a, b)"],
    [
      "try",
      `try { await ${run("a")}; } catch { await ${run("b")}; } finally { await ${run("c")}; }`,
      "a, branch(b), c",
    ],
    ["conditions", `event.x && (await ${run("a")}); event.y ? await ${run("b")} : 0;`, "branch(a), branch(b)"],
    ["a loop", `for (const x of event.data) { await ${run("a")}; }`, "loop(a)"],
    ["a mapped parallel loop", `await Promise.all(event.data.map((x) => ${run("a")}));`, "concurrent loop(a)"],
    ["forEach waits for nothing", `event.data.forEach(async () => { await ${run("a")}; });`, "concurrent loop(a?no)"],
    ["not awaited", `${run("a")};`, "a?no"],
    ["kept and forgotten", `const a = ${run("a")};`, "a?no"],
    ["returned", `return ${run("a")};`, "a"],
    ["chained", `await ${run("a")}.then(() => ${run("b")}).catch(() => null);`, "a, b"],
    ["nested", `await step.run("a", async () => { await ${run("b")}; });`, "a{b}"],
    [
      "templates",
      "for (const o of event.data) await step.run(`charge-${o.id}`, () => 1); await step.run('a' + 1, () => 1);",
      "loop(`charge-${o.id}`), a1",
    ],
    ["an id object", `await step.run({ id: "a", name: "A" }, () => 1);`, "a"],
    [
      "a local helper",
      `const charge = async (id: string) => { await step.run("charge-" + id, () => 1); }; await charge("x"); await charge("y");`,
      "charge-x, charge-y",
    ],
    ["a helper nobody waits for", `const go = async () => { await ${run("a")}; }; go();`, "a?no"],
    ["a destructured tool", `const { run } = step; await run("a", () => 1);`, "a"],
    ["recursion", `const go = async () => { await ${run("a")}; await go(); }; await go();`, "a"],
  ])("%s", (_name, body, expected) => {
    expect(graphOf(body)).toBe(expected);
  });

  test("through helpers of other modules that get `step`, the context, or something that holds them", () => {
    const files = {
      "pay.ts": `import { retrying } from "./retrying.js";
        export async function pay(step: any, id: string) { await step.run("pay-" + id, () => 1); }
        export const notify = async ({ step }: any) => retrying(() => step.run("notify", () => 1));
        export class Flow { constructor(private tools: { step: any }) {} async go() { await this.tools.step.run("flow", () => 1); } }`,
      "retrying.ts": `export async function retrying<T>(f: () => Promise<T>) { return await f(); }`,
    };
    const body = `await pay(step, "x"); await notify({ step }); await new Flow({ step }).go();`;
    expect(graphOf(body, files, `import { Flow, notify, pay } from "./pay.js";`)).toBe("pay-x, notify, flow");
  });

  test("with the global step", () => {
    const files = {
      "work.ts": `import { step } from "inngest"; export const work = async () => { await step.run("work", () => 1); };`,
    };
    expect(graphOf(`await work();`, files, `import { work } from "./work.js";`)).toBe("work");
  });

  test("`step` that goes to a package is an escape", () => {
    const fn = functionOf(
      `import { flow } from "flows"; export const f = client.createFunction({ id: "f" }, { event: "e" }, async ({ step }) => { await flow(step); });`,
    );
    expect(fn.handler?.escapes.map(({ reason }) => reason)).toEqual([
      "`step` goes to `flow`, which cannot be followed",
    ]);
  });
});

describe("results", () => {
  const result = (callback: string, before = "") => {
    const fn = functionOf(
      `${before} export const f = client.createFunction({ id: "f" }, { event: "e" }, async ({ event, step }) => { await step.run("a", ${callback}); });`,
    );
    const [step] = fn.handler?.steps ?? [];
    return step?.kind === "step" ? step.result : null;
  };
  test.each<[string, string, unknown]>([
    ["() => 1", "", { kind: "number" }],
    ["async () => new Date()", "", { kind: "special", name: "Date" }],
    [
      "async () => { return { at: new Map<string, number>() }; }",
      "",
      { kind: "object", properties: [{ name: "at", shape: { name: "Map" } }] },
    ],
    [
      "() => load()",
      "async function load(): Promise<{ id: string }[]> { return []; }",
      { kind: "array", element: { kind: "object" } },
    ],
    ["load", "function load() { return 10n; }", { kind: "special", name: "bigint" }],
    [
      "() => new Money(1)",
      "class Money { constructor(public n: number) {} add() {} }",
      { kind: "special", name: "class", type: "Money" },
    ],
    ["() => fetch('x')", "", { kind: "special", type: "Response" }],
    ["() => event.data.x", "", { kind: "unknown" }],
  ])("of `%s`", (callback, before, expected) => {
    expect(result(callback, before)).toMatchObject(expected as object);
  });
});

test("targets: waits, invocations and sends", () => {
  const { functions, sends } = modelOf({
    "a.ts": `import { Inngest, eventType, referenceFunction } from "inngest";
      const client = new Inngest({ id: "app" });
      const paid = eventType("order/paid");
      export const f = client.createFunction({ id: "f" }, { event: "e" }, async ({ step }) => {
        await step.waitForEvent("w", { event: paid, timeout: "1h" });
        await step.invoke("i", { function: g, data: { n: 1 } });
        await step.invoke("r", { function: referenceFunction({ functionId: "far" }) });
        await step.sendEvent("s", [{ name: "x", data: { a: 1 } }, paid.create({ b: true })]);
      });
      const g = client.createFunction({ id: "g" }, { event: "e" }, async () => {});
      export const handler = async () => { await client.send({ name: "y", data: {} }); };`,
  });
  const targets = functions[0]?.handler?.steps.map((node) => (node.kind === "step" ? node.target : null));
  expect(targets).toMatchObject([
    { kind: "event", name: "order/paid" },
    { kind: "function", function: 1, id: "g", data: { shape: { kind: "object" } } },
    { kind: "function", function: null, id: "far" },
    { kind: "send", sends: [0, 1] },
  ]);
  expect(sends.map((site) => [site.name, site.by, site.function])).toEqual([
    ["x", "step", 0],
    ["order/paid", "step", 0],
    ["y", "client", null],
  ]);
});
