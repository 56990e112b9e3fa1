import { expect, test } from "vitest";
import { applicationFromDefinitions } from "../../codegen/application.js";
import { Stepwright } from "../../define/client.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { TestEngine } from "../../testing/test-engine.js";

const client = new Stepwright({ id: "app" });

test.each([
  [1_000, 0],
  [1_001, 1],
])("of %i missed ticks at most 1,000 are made up for, and the rest is told", async (missed, told) => {
  const work = client.createFunction({ id: "work", triggers: [{ cron: "* * * * *", catchup: "all" }] }, () => null);
  const test = await TestEngine.start({ app: applicationFromDefinitions([work]), store: createMemoryStore() });
  test.engine.crash();
  test.clock.step(test.clock.now() + missed * 60_000 + 1_000);
  const next = await test.crash();
  await next.advance("1s");
  expect(await next.runs()).toHaveLength(1_000);
  const notices = next.happenings.filter((it) => it.kind === "notice" && it.code === "missed-ticks-left-out");
  expect(notices).toHaveLength(told);
  await next.engine.stop();
});
