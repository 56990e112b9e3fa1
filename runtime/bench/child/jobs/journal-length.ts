import { median } from "../../statistics.js";
import { openBenchEngine } from "../bench-engine.js";
import type { Job } from "../job.js";

/** The time from one step's body to the next one's, early in a journal and late in one. Short and long runs take turns. */
export async function measureJournalLength(job: Job & { name: "journal-length" }): Promise<Record<string, number>> {
  let at: number[] = [];
  const { engine } = await openBenchEngine({
    database: job.database,
    onStep: () => at.push(performance.now()),
    limits: { stepsPerRun: job.long + job.window + 1 },
  });
  await runSequence(job.long);
  const early: number[] = [];
  const late: number[] = [];
  for (let round = 0; round < 5; round++)
    early.push(...intervals(await runSequence(job.short + job.window), job.short));
  late.push(...intervals(await runSequence(job.long + job.window), job.long));
  for (let round = 0; round < 5; round++)
    early.push(...intervals(await runSequence(job.short + job.window), job.short));
  const earlyUs = median(early) * 1000;
  const lateUs = median(late) * 1000;
  return { stepAtShortUs: earlyUs, stepAtLongUs: lateUs, lateToEarly: lateUs / earlyUs };

  async function runSequence(n: number): Promise<readonly number[]> {
    at = [];
    const { runId } = await engine.invoke("sequence", { id: "j", n });
    const result = await engine.result(runId, 120_000);
    if (result?.status !== "completed") throw new Error(`the run of ${n} steps: ${result?.status ?? "no end"}`);
    return at;
  }

  function intervals(times: readonly number[], from: number): number[] {
    return Array.from({ length: job.window - 1 }, (_, i) => (times[from + i + 1] ?? 0) - (times[from + i] ?? 0));
  }
}
