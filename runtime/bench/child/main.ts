/** The measured process: waits for its job and does it. */
import { measureBareLoop } from "./jobs/bare-loop.js";
import { measureFanOut } from "./jobs/fan-out.js";
import { measureJournalLength } from "./jobs/journal-length.js";
import { measureLatency } from "./jobs/latency.js";
import { measureSequence } from "./jobs/sequence.js";
import { serveBench } from "./jobs/serve.js";
import { measureThroughput } from "./jobs/throughput.js";
import { putToSleep } from "./jobs/sleepers.js";
import { type Job, report } from "./job.js";

process.once("message", (job: Job) => {
  doJob(job).catch((error: unknown) => {
    report({ kind: "error", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
});
// Without its parent nobody wants the figures.
process.once("disconnect", () => process.exit(0));

async function doJob(job: Job): Promise<void> {
  switch (job.name) {
    case "throughput":
      return report({ kind: "figures", figures: await measureThroughput(job) });
    case "bare":
      return report({ kind: "figures", figures: await measureBareLoop(job) });
    case "latency":
      return report({ kind: "figures", figures: await measureLatency(job) });
    case "sequence":
      return report({ kind: "figures", figures: await measureSequence(job) });
    case "journal-length":
      return report({ kind: "figures", figures: await measureJournalLength(job) });
    case "fan-out":
      return report({ kind: "figures", figures: await measureFanOut(job) });
    case "sleepers":
      return putToSleep(job);
    case "server":
      return serveBench(job);
  }
}
