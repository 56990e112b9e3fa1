import { applicationFromDefinitions } from "../../../codegen/application.js";
import { createEngine } from "../../../engine/create-engine.js";
import { createServer } from "../../../server/create-server.js";
import { openSqliteStore } from "../../../store/sqlite/open-sqlite-store.js";
import { percentile } from "../../statistics.js";
import { Progress, sendEvents } from "../bench-engine.js";
import { type Job, report } from "../job.js";
import { collectGarbage, cpuSeconds, seconds } from "../measuring.js";

/** Functions behind HTTP: many runs at once, then the time from one step's end to the next one's. */
export async function measureRemote(job: Job & { name: "remote" }): Promise<Record<string, number>> {
  const progress = new Progress();
  const ends: number[] = [];
  const engine = createEngine({
    store: await openSqliteStore({ path: job.database }),
    app: applicationFromDefinitions([]),
    observe: (happening) => {
      if (happening.kind === "step-completed" && happening.functionId === "sdk-sequence") ends.push(performance.now());
      progress.observe(happening);
    },
  });
  await engine.start();
  const server = createServer({ engine });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  report({ kind: "listening", port: address.port });
  while (engine.app.functions.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));

  const warm = progress.after("run-ended", job.warmUp);
  await sendEvents(engine, { name: "sdk/three", prefix: "warm", count: job.warmUp, inFlight: 50 });
  await warm;
  collectGarbage();
  const ended = progress.after("run-ended", job.runs);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await sendEvents(engine, { name: "sdk/three", prefix: "r", count: job.runs, inFlight: job.inFlight });
  await ended;
  const total = seconds(begun);
  const cpuMsPerRun = (cpuSeconds(cpu) / job.runs) * 1_000;

  const last = progress.after("run-ended", 1);
  await sendEvents(engine, { name: "sdk/sequence", prefix: "s", count: 1, inFlight: 1, n: job.sequenceSteps });
  await last;
  const { completed } = await engine.store.runs.count();
  if (completed !== job.warmUp + job.runs + 1) throw new Error(`${completed} runs are completed`);
  const times = ends.slice(1).map((end, index) => end - (ends[index] ?? end));
  return {
    runsPerSec: job.runs / total,
    cpuMsPerRun,
    stepP50ms: percentile(times, 0.5),
    stepP99ms: percentile(times, 0.99),
  };
}
