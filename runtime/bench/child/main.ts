/** The measured process: waits for its job, loads what that needs, and does it. */
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
    case "sleepers":
      return (await import("./jobs/sleepers.js")).putToSleep(job);
    case "server":
      return (await import("./jobs/serve.js")).serveBench(job);
    case "sdk-app":
      return (await import("./jobs/sdk-app.js")).serveSdkApp(job);
    default:
      report({ kind: "figures", figures: await measure(job) });
  }
}

async function measure(
  job: Exclude<Job, { name: "sleepers" | "server" | "sdk-app" }>,
): Promise<Record<string, number>> {
  switch (job.name) {
    case "throughput":
      return (await import("./jobs/throughput.js")).measureThroughput(job);
    case "bare":
      return (await import("./jobs/bare-loop.js")).measureBareLoop(job);
    case "latency":
      return (await import("./jobs/latency.js")).measureLatency(job);
    case "sequence":
      return (await import("./jobs/sequence.js")).measureSequence(job);
    case "journal-length":
      return (await import("./jobs/journal-length.js")).measureJournalLength(job);
    case "fan-out":
      return (await import("./jobs/fan-out.js")).measureFanOut(job);
    case "flow":
      return (await import("./jobs/flow.js")).measureFlow(job);
    case "backlog":
      return (await import("./jobs/backlog.js")).measureBacklog(job);
    case "remote":
      return (await import("./jobs/remote.js")).measureRemote(job);
    case "compile-edits":
      return (await import("./jobs/compile-edits.js")).compileEdits(job);
  }
}
