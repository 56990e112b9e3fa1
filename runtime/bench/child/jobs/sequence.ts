import { measureBareCommit } from "../bare-commit.js";
import { openBenchEngine } from "../bench-engine.js";
import { collectGarbage, cpuSeconds, peakMb, seconds } from "../measuring.js";
import type { Job } from "../job.js";

/** One run with many steps, one after the other. */
export async function measureSequence(job: Job & { name: "sequence" }): Promise<Record<string, number>> {
  const bareCommitMs = await measureBareCommit(job.database);
  const { engine } = await openBenchEngine({ database: job.database });
  await runSequence(job.warmUpSteps);
  collectGarbage();
  const cpu = process.cpuUsage();
  const total = await runSequence(job.steps);
  return {
    bareCommitMs,
    seconds: total,
    stepsPerSec: job.steps / total,
    cpuSecPer1000Steps: (cpuSeconds(cpu) / job.steps) * 1000,
    peakMB: peakMb(),
  };

  async function runSequence(n: number): Promise<number> {
    const begun = performance.now();
    const { runId } = await engine.invoke("sequence", { id: `n${n}`, n });
    const result = await engine.result(runId, 60_000);
    if (result?.output !== JSON.stringify({ n })) throw new Error(`the run gave ${result?.output}`);
    return seconds(begun);
  }
}
