import { expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import type { Store } from "../store/store.js";
import { TestEngine } from "../testing/test-engine.js";

const client = new Stepwright({ id: "shop" });
const app = applicationFromDefinitions([
  client.createFunction({ id: "wait", triggers: [{ event: "wait" }] }, async ({ step }) => step.sleep("long", "1d")),
]);

const count = 1_200;

/** The store of a process that can be killed with its `n`-th commit from then on: nothing of that is stored. */
function killable(store: Store): { store: Store; killAt(n: number): Promise<void> } {
  let kill = (): void => {};
  let left = Number.POSITIVE_INFINITY;
  const commit: Store["commit"] = (transitions) => {
    if (left-- > 0) return store.commit(transitions);
    kill();
    return new Promise(() => {});
  };
  const killAt = (n: number): Promise<void> => {
    left = n;
    return new Promise((resolve) => (kill = resolve));
  };
  return { store: { ...store, commit }, killAt };
}

// The request itself, then a page after the other with the ends of the runs between them.
test.each([0, 1, 2, 3, 4])("a cancellation of many goes on after a crash at commit %i", async (n) => {
  const store = createMemoryStore();
  const first = await TestEngine.start({ app, store });
  await first.send(...Array.from({ length: count }, () => ({ name: "wait" })));
  await first.engine.stop();

  const dying = killable(store);
  const second = await TestEngine.start({ app, store: dying.store, clock: first.clock });
  expect(await second.engine.cancelling.count({ functionId: "wait" })).toBe(count);
  const killed = dying.killAt(n);
  void second.engine.cancelling.cancelMany({ functionId: "wait" });
  await killed;
  const isStored = (await store.cancellations.list(1)).length === 1;
  second.engine.crash();
  const third = await TestEngine.start({ app, store, clock: first.clock });

  const { cancelled } = await store.runs.count();
  expect(cancelled).toBe(isStored ? count : 0);
  expect(await store.cancellations.open()).toEqual([]);
  if (isStored) expect((await store.cancellations.list(1))[0]).toMatchObject({ count });
  expect(await store.verify(first.clock.now())).toEqual([]);
  await third.engine.stop();
});
