import { expect, test } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { type Store, StoreError } from "../store/store.js";
import { TestEngine } from "../testing/test-engine.js";

/** A store whose disk can be full. */
function makeStore(): { store: Store; disk: { full: boolean } } {
  const inner = createMemoryStore();
  const disk = { full: false };
  const commit: Store["commit"] = async (transitions) => {
    if (disk.full) throw new StoreError("store-full", "the disk is full", "make room");
    return inner.commit(transitions);
  };
  return { store: Object.assign(Object.create(inner) as Store, { commit }), disk };
}

test("an event that could not be stored is not acknowledged and starts nothing", async () => {
  const { store, disk } = makeStore();
  const client = new Stepwright({ id: "app" });
  const fn = client.createFunction({ id: "work", triggers: [{ event: "go" }] }, async () => "done");
  const engine = await TestEngine.start({ app: applicationFromDefinitions([fn]), store });
  disk.full = true;
  await expect(engine.send({ name: "go" })).rejects.toMatchObject({ code: "store-full" });
  disk.full = false;
  await engine.advance("1m");
  expect(await engine.runs()).toEqual([]);
  await engine.send({ name: "go" });
  expect((await engine.runs()).map(({ run }) => run.status)).toEqual(["completed"]);
});

test("a step's result reaches the handler only when it is stored, and its body runs once", async () => {
  const { store, disk } = makeStore();
  const client = new Stepwright({ id: "app" });
  const seen: string[] = [];
  const fn = client.createFunction({ id: "work", triggers: [{ event: "go" }] }, async ({ step }) => {
    await step.run("charge", () => {
      seen.push("executed");
      disk.full = true;
    });
    seen.push("went on");
  });
  const engine = await TestEngine.start({ app: applicationFromDefinitions([fn]), store });
  const sent = engine.engine.send([{ name: "go" }]);
  await sent;
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual(["executed"]);
  disk.full = false;
  await engine.advance("10s");
  expect(seen).toEqual(["executed", "went on"]);
  expect(engine.happenings.some((happening) => happening.kind === "notice" && happening.code === "store-trouble")).toBe(
    true,
  );
});
