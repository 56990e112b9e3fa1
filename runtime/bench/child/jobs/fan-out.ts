import { openBenchEngine } from "../bench-engine.js";
import { collectGarbage, seconds } from "../measuring.js";
import type { Job } from "../job.js";

/** One run with many steps at the same time. */
export async function measureFanOut(job: Job & { name: "fan-out" }): Promise<Record<string, number>> {
  const { engine } = await openBenchEngine({ database: job.database });
  await fanOut(50);
  collectGarbage();
  const total = await fanOut(job.steps);
  return { seconds: total, stepsPerSec: job.steps / total };

  async function fanOut(n: number): Promise<number> {
    const begun = performance.now();
    const { runId } = await engine.invoke("fan-out", { id: `f${n}`, n });
    const result = await engine.result(runId, 60_000);
    if (result?.output !== JSON.stringify({ n })) throw new Error(`the run gave ${result?.output}`);
    return seconds(begun);
  }
}
