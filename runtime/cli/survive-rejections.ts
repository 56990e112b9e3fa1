import { isRunsRejection } from "../transport/unhandled-rejections.js";

/** Keeps the process when a promise of the application is rejected and nobody handles it, and says so; where it is a run's, the run is told. */
export function surviveRejections(): void {
  // One function's forgotten promise must not end the runs of all others.
  process.on("unhandledRejection", (reason) => {
    if (isRunsRejection()) return;
    const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    process.stderr.write(`warning: a promise was rejected and nobody handled it\n${text}\n`);
  });
}
