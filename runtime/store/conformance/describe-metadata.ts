import { expect, it } from "vitest";
import type { MetadataUpdate } from "../metadata.js";
import { apply, must } from "./apply.js";
import { sampleRun, t0, transition, write } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

const update = (values: object, changes: Partial<MetadataUpdate> = {}): MetadataUpdate => ({
  runId: "r1",
  step: null,
  kind: "userland.default",
  op: "merge",
  values: JSON.stringify(values),
  updatedAt: t0,
  ...changes,
});

export function describeMetadata(current: () => StoreUnderTest): void {
  const open = () => current().store;
  const put = async (values: object, changes: Partial<MetadataUpdate> = {}) => {
    const outcome = await apply(open(), [], { kind: "metadata", update: update(values, changes) });
    return outcome.ok ? outcome.results : null;
  };
  const outcomeOf = (outcome: "stored" | "no-run" | "too-large") => [{ kind: "metadata", outcome }];
  const list = async (runId = "r1") =>
    (await open().runs.metadata(runId)).map(({ step, kind, values }) => [step, kind, JSON.parse(values)]);

  it("is of the run and of its steps, while it is open and after it has ended", async () => {
    await must(open(), write.run(sampleRun("r1", { owner: "w1" })), write.run(sampleRun("r2")));
    expect(await put({ a: 1 }, { step: "b".repeat(40) })).toEqual(outcomeOf("stored"));
    await put({ x: [1, "ü"] }, { kind: "inngest.score" });
    await put({ other: true }, { runId: "r2" });
    await must(open(), write.end("r1"));
    expect(await put({ late: true }, { updatedAt: t0 + 5 })).toEqual(outcomeOf("stored"));
    await current().reopen();
    expect(await list()).toEqual([
      [null, "inngest.score", { x: [1, "ü"] }],
      [null, "userland.default", { late: true }],
      ["b".repeat(40), "userland.default", { a: 1 }],
    ]);
    expect((await open().runs.metadata("r1"))[1]?.updatedAt).toBe(t0 + 5);
    expect(await list("r3")).toEqual([]);
    expect(await put({}, { runId: "r3" })).toEqual(outcomeOf("no-run"));
    expect(await open().verify(t0)).toEqual([]);
  });

  it("is combined as the update says", async () => {
    await must(open(), write.run(sampleRun("r1")));
    const values = async () => (await list())[0]?.[2];
    await put({ a: 1, b: { deep: 1 }, ["__proto__"]: 1 });
    await put({ b: { other: 2 }, c: "x" });
    expect(JSON.stringify(await values())).toBe('{"a":1,"b":{"other":2},"__proto__":1,"c":"x"}');
    await put({ a: 2, c: 5, d: 1 }, { op: "add" });
    expect(await values()).toMatchObject({ a: 3, c: 5, d: 1 });
    await put({ b: 0, d: 0, none: 0, ["__proto__"]: 0 }, { op: "delete" });
    expect(await values()).toEqual({ a: 3, c: 5 });
    await put({ z: 1 }, { op: "set" });
    expect(await values()).toEqual({ z: 1 });
  });

  it("is bounded, by record and by run", async () => {
    await must(open(), write.run(sampleRun("r1")));
    const large = (bytes: number) => ({ text: "x".repeat(bytes) });
    expect(await put(large(70_000))).toEqual(outcomeOf("too-large"));
    expect(await list()).toEqual([]);
    for (let i = 0; i < 16; i++) expect(await put(large(65_000), { kind: `k${i}` })).toEqual(outcomeOf("stored"));
    expect(await put(large(65_000), { kind: "k16" })).toEqual(outcomeOf("too-large"));
    expect(await put(large(64_000), { kind: "k15" })).toEqual(outcomeOf("stored"));
    expect(await list()).toHaveLength(16);
  });

  it("is not stored where something else of the transition fails", async () => {
    await must(open(), write.run(sampleRun("r1")));
    await open().commit([
      transition([], { kind: "metadata", update: update({ a: 1 }) }, write.end("r2")),
      transition([], { kind: "metadata", update: update({ b: 1 }) }),
    ]);
    expect(await list()).toEqual([[null, "userland.default", { b: 1 }]]);
  });
}
