import { ambience } from "./ambience.js";

let watchers = 0;

/**
 * A promise that the application's code has rejected and nobody handles belongs to the run in whose context it was made:
 * the run is told, and the process goes on. Others are nobody's here; without another listener they end the process, as
 * they do without this one. The returned function stops watching.
 */
export function watchRejections(): () => void {
  if (watchers++ === 0) process.on("unhandledRejection", onRejection);
  let watching = true;
  return () => {
    if (watching && --watchers === 0) process.off("unhandledRejection", onRejection);
    watching = false;
  };
}

/** Whether the rejection that a listener is being told of is a run's. */
export function isRunsRejection(): boolean {
  return ambience.getStore() !== undefined;
}

function onRejection(reason: unknown): void {
  const here = ambience.getStore();
  if (here) return here.host.rejectionUnhandled(reason, here.inStep);
  if (process.listenerCount("unhandledRejection") === 1) throw reason;
}
