import { pino } from "pino";
import { expect, test } from "vitest";
import { applicationFromDefinitions } from "../codegen/application.js";
import { Inngest, type Logger } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

function collect(): { logger: Logger; lines: { msg: string; step?: string; runId: string; attempt: number }[] } {
  const lines: { msg: string; step?: string; runId: string; attempt: number }[] = [];
  const logger = pino({ base: null, level: "trace" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  return { logger, lines };
}

async function start(functions: Parameters<typeof applicationFromDefinitions>[0]) {
  return TestEngine.start({ app: applicationFromDefinitions(functions), store: createMemoryStore() });
}

test("each line once, on live runs and on replays, with run, function, attempt and step", async () => {
  const { logger, lines } = collect();
  const client = new Inngest({ id: "app", logger });
  const fn = client.createFunction({ id: "work", triggers: [{ event: "go" }] }, async ({ step, logger, runId }) => {
    logger.info("begins");
    const child = (logger as typeof logger & { child(fields: object): Logger }).child({ order: 1 });
    await step.run("one", () => logger.info("in one"));
    child.info("after one");
    const nap = step.sleep("nap", "30 days");
    logger.info("napping");
    await nap;
    logger.info({ extra: true }, "after %s", "nap");
    return runId;
  });
  const engine = await start([fn]);
  await engine.send({ name: "go" });
  const crashed = await engine.crash();
  await crashed.advance("10 days");
  await crashed.engine.stop();
  const last = await TestEngine.start({ ...crashed.options, clock: crashed.clock });
  await last.advance("21 days");
  const { run } = (await last.runs())[0]!;
  const of = { runId: run.id, functionId: "app-work", attempt: 0 };
  expect(lines.map(({ time: _, level: __, ...line }: any) => line)).toEqual([
    { ...of, msg: "begins" },
    { ...of, step: "one", msg: "in one" },
    { ...of, order: 1, msg: "after one" },
    { ...of, msg: "napping" },
    { ...of, extra: true, msg: "after nap" },
  ]);
  await last.engine.stop();
});

test("a step that is tried again after a restart logs, though results before it are still being given", async () => {
  const { logger, lines } = collect();
  const client = new Inngest({ id: "app", logger });
  const fn = client.createFunction({ id: "work", triggers: [{ event: "go" }] }, async ({ step, logger }) => {
    let tries = 0;
    await Promise.all([
      step.run("good", () => "ok"),
      step.run("bad", () => {
        logger.warn("trying");
        if (++tries < 2 && lines.length < 2) throw new Error("not yet");
      }),
    ]);
    logger.info("both");
  });
  const engine = await start([fn]);
  await engine.send({ name: "go" });
  const next = await engine.crash();
  await next.advance("1h");
  expect(lines.map(({ msg, step }) => [msg, step])).toEqual([
    ["trying", "bad"],
    ["trying", "bad"],
    ["both", undefined],
  ]);
  await next.engine.stop();
});

test("an event that came while the run was parked is news, one of two waits or not", async () => {
  const { logger, lines } = collect();
  const client = new Inngest({ id: "app", logger });
  const fn = client.createFunction({ id: "work", triggers: [{ event: "go" }] }, async ({ step, logger }) => {
    const both = ["a", "b"].map(async (name) => {
      await step.waitForEvent(name, { event: name, timeout: "90 days" });
      logger.info(`got ${name}`);
    });
    await Promise.all(both);
    logger.info("got both");
  });
  const engine = await start([fn]);
  await engine.send({ name: "go" });
  const next = await engine.crash();
  await next.advance("1 day");
  await next.send({ name: "a" });
  await next.advance("1 day");
  await next.send({ name: "b" });
  expect(lines.map(({ msg }) => msg)).toEqual(["got a", "got b", "got both"]);
  await next.engine.stop();
});

test("a logger without `child` gets the fields last; one with `flush` is flushed before the run ends", async () => {
  const lines: unknown[][] = [];
  const say = (...args: unknown[]) => void lines.push(args);
  const logger = { info: say, warn: say, error: say, debug: say, flush: async () => void lines.push(["flushed"]) };
  const client = new Inngest({ id: "app", logger });
  const fn = client.createFunction({ id: "work", triggers: [{ event: "go" }] }, async ({ step, logger }) => {
    await step.run("one", () => logger.info("hello", 1));
  });
  const engine = await start([fn]);
  await engine.send({ name: "go" });
  const { run } = (await engine.runs())[0]!;
  const fields = { runId: run.id, functionId: "app-work", attempt: 0, step: "one" };
  expect(lines).toEqual([["hello", 1, fields], ["flushed"]]);
  await engine.engine.stop();
});
