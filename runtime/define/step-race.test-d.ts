import { expectTypeOf, test } from "vitest";
import { Stepwright } from "./client.js";

const client = new Stepwright({ id: "app" });

test("the winner tells the type of the value", () => {
  client.createFunction({ id: "race", triggers: [{ event: "go" }] }, async ({ step }) => {
    const result = await step.race("first", {
      number: () => step.run("number", () => 1),
      date: async () => ({ at: new Date() }),
      sleep: () => step.sleep("rest", "1d"),
    });
    expectTypeOf(result.winner).toEqualTypeOf<"number" | "date" | "sleep">();
    if (result.winner === "number") expectTypeOf(result.value).toEqualTypeOf<number>();
    if (result.winner === "date") expectTypeOf(result.value).toEqualTypeOf<{ at: string }>();
    if (result.winner === "sleep") expectTypeOf(result.value).toEqualTypeOf<null>();
    // @ts-expect-error a branch is a function
    await step.race("wrong", { a: step.sleep("rest", "1d") });
  });
});

test("a step that executes code has retries and a time-out, a sleep has none", () => {
  client.createFunction({ id: "options", triggers: [{ event: "go" }] }, async ({ step }) => {
    const options = { id: "a", retries: { attempts: 2, backoff: ["1s", 60_000] }, timeout: "30s" };
    expectTypeOf(await step.run(options, () => ({ n: 1 }))).toEqualTypeOf<{ n: number }>();
    expectTypeOf(await step.run({ id: "b", retries: 1 }, (n: number) => n > 1, 2)).toEqualTypeOf<boolean>();
    expectTypeOf(await step.run("e", { retries: 3, timeout: 500 }, () => 1)).toEqualTypeOf<number>();
    // @ts-expect-error no such growth
    await step.run({ id: "c", retries: { backoff: "quadratic" } }, () => 1);
    // @ts-expect-error it executes nothing
    await step.sleep({ id: "d", timeout: "1s" }, "1d");
  });
});

test("`group.parallel` has the type of its callback", () => {
  client.createFunction({ id: "group", triggers: [{ event: "go" }] }, async ({ group, step }) => {
    const both = () => Promise.all([step.run("a", () => 1), step.run("b", () => new Date())]);
    expectTypeOf(await group.parallel(both)).toEqualTypeOf<[number, string]>();
    expectTypeOf(await group.parallel({ mode: "race" }, () => step.run("c", () => "c"))).toEqualTypeOf<string>();
  });
});
