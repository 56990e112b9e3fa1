import { measureBareCommit } from "../bare-commit.js";
import { percentile } from "../../statistics.js";
import { openBenchEngine } from "../bench-engine.js";
import type { Job } from "../job.js";

/** One run at a time: from the send of the event to the result of its run. */
export async function measureLatency(job: Job & { name: "latency" }): Promise<Record<string, number>> {
  const bareCommitMs = await measureBareCommit(job.database);
  const runIds: string[] = [];
  const { engine, progress } = await openBenchEngine({ database: job.database });
  const times: number[] = [];
  for (let i = -job.warmUp; i < job.samples; i++) {
    const begun = performance.now();
    // waits for the run's durable end
    const ended = progress.after("run-ended", 1);
    const { ids } = await engine.send([{ name: "bench/sequence", data: { id: `x${i}`, n: 1 } }]);
    await ended;
    const took = performance.now() - begun;
    if (i >= 0) times.push(took);
    if (i === 0) runIds.push(...ids);
  }
  const page = await engine.store.runs.list({ eventId: runIds[0] ?? "" }, 1, null);
  if (page.items[0]?.output !== '{"n":1}') throw new Error(`a run has the result ${page.items[0]?.output}`);
  return { bareCommitMs, p50ms: percentile(times, 0.5), p99ms: percentile(times, 0.99) };
}
