import type { Job } from "../job.js";
import { openBenchEngine, sendEvents } from "../bench-engine.js";
import { collectGarbage, cpuSeconds, peakMb, seconds } from "../measuring.js";

/** From the first send to the end of the last run, which is durable by then. */
export async function measureThroughput(job: Job & { name: "throughput" }): Promise<Record<string, number>> {
  const { engine, progress } = await openBenchEngine({ database: job.database });
  const warm = progress.after("run-ended", job.warmUp);
  await sendEvents(engine, { name: "bench/three", prefix: "warm", count: job.warmUp, inFlight: 50 });
  await warm;
  collectGarbage();

  const ended = progress.after("run-ended", job.runs);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await sendEvents(engine, { name: "bench/three", prefix: "r", count: job.runs, inFlight: job.inFlight });
  const acknowledged = seconds(begun);
  await ended;
  const total = seconds(begun);
  const used = cpuSeconds(cpu);
  const counts = await engine.store.runs.count();
  if (counts.completed !== job.runs + job.warmUp) throw new Error(`${counts.completed} runs are completed`);
  const steps = job.runs * 3;
  return {
    runsPerSec: job.runs / total,
    stepsPerSec: steps / total,
    seconds: total,
    acknowledgedSeconds: acknowledged,
    cpuSecPer1000Steps: (used / steps) * 1000,
    peakMB: peakMb(),
  };
}
