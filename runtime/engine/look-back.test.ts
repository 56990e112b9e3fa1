import { expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import type { Store } from "../store/store.js";
import { overlay } from "../testing/overlay.js";
import { TestEngine } from "../testing/test-engine.js";

const client = new Stepwright({ id: "app" });
const waiter = client.createFunction({ id: "waiter", triggers: [{ event: "go" }] }, async ({ step }) => {
  await step.sleep("pause", "10s");
  const answer = await step.waitForEvent("answer", { event: "answer", timeout: "1h", lookback: "1m" });
  return answer?.data.n;
});

/** An engine whose look into the events is `list` instead. */
function start(list: (real: Store["events"]["list"]) => Store["events"]["list"]): Promise<TestEngine> {
  const store = createMemoryStore();
  const events = overlay(store.events, { list: list(store.events.list) });
  return TestEngine.start({ app: applicationFromDefinitions([waiter]), store: overlay(store, { events }) });
}

async function outputOf(test: TestEngine): Promise<string | null | undefined> {
  const [snapshot] = await test.runs();
  return snapshot?.run.output;
}

test("an event that comes while it looks does not overtake an earlier one", async () => {
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let looks = 0;
  const engine = await start((real) => async (...asked) => {
    looks++;
    await gate;
    return real(...asked);
  });
  await engine.send({ name: "go" });
  await engine.send({ name: "answer", data: { n: 1 } });
  await engine.elapse("10s");
  expect(looks).toBe(1);
  await engine.engine.send([{ name: "answer", data: { n: 2 } }]);
  await engine.elapse(1);
  open();
  await engine.settle();
  expect(await outputOf(engine)).toBe("1");
});

test("an event that comes while it looks ends the wait where there is no earlier one", async () => {
  let open!: () => void;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const engine = await start((real) => async (...asked) => {
    const found = await real(...asked);
    await gate;
    return found;
  });
  await engine.send({ name: "go" });
  await engine.elapse("10s");
  await engine.engine.send([{ name: "answer", data: { n: 2 } }]);
  await engine.elapse(1);
  open();
  await engine.settle();
  expect(await outputOf(engine)).toBe("2");
});

test("a look that the store refuses is made again", async () => {
  let refusals = 2;
  const engine = await start((real) => async (...asked) => {
    if (refusals-- > 0) throw new Error("the disk is gone");
    return real(...asked);
  });
  await engine.send({ name: "go" });
  await engine.send({ name: "answer", data: { n: 1 } });
  await engine.advance("1m");
  expect(await outputOf(engine)).toBe("1");
  expect(engine.happenings).toContainEqual(
    expect.objectContaining({ kind: "notice", code: "store-trouble", message: "the disk is gone" }),
  );
});

test("many events are looked through, and only what has been since the run was made", async () => {
  const pages: (string | null)[] = [];
  const engine = await start((real) => (filter, limit, cursor) => {
    pages.push(cursor);
    return real(filter, limit, cursor);
  });
  const answers = (n: number) => Array.from({ length: 400 }, () => ({ name: "answer", data: { n } }));
  await engine.send(...answers(0));
  await engine.advance("1s");
  await engine.send({ name: "go" });
  await engine.send({ name: "answer", data: { n: 1 } }, ...answers(2));
  await engine.advance("10s");
  expect(await outputOf(engine)).toBe("1");
  // 401 of this run in pages of a hundred, and the first page that has only older ones.
  expect(pages).toHaveLength(6);
});
