import { setTimeout as elapse } from "node:timers/promises";

import { memoryOf } from "../../child-process.js";
import { openBenchEngine, sendEvents } from "../bench-engine.js";
import { collectGarbage, seconds } from "../measuring.js";
import { type Job, report } from "../job.js";

/** Brings the runs to their sleep of an hour and stays, so that it can be looked at and killed. */
export async function putToSleep(job: Job & { name: "sleepers" }): Promise<void> {
  const { engine, progress } = await openBenchEngine({ database: job.database });
  const warm = progress.after("run-ended", 300);
  await sendEvents(engine, { name: "bench/three", prefix: "warm", count: 300, inFlight: 50 });
  await warm;
  collectGarbage();
  const memoryBeforeMb = memoryOf(process.pid);
  const asleep = progress.after("step-waiting", job.runs);
  const begun = performance.now();
  await sendEvents(engine, { name: "bench/sleeper", prefix: "z", count: job.runs, inFlight: job.inFlight });
  await asleep;
  const total = seconds(begun);
  // let the last ones be let go
  await elapse(2_000);
  collectGarbage();
  await elapse(500);
  report({ kind: "asleep", seconds: total, memoryBeforeMb });
}
