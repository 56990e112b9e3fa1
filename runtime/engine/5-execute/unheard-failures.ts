import { promiseHooks } from "node:v8";
import { unawaitedRejection } from "../../transport/step-errors.js";
import type { Execution } from "./execution.js";
import type { PendingStep, Settlement } from "./pending-step.js";

/**
 * The failed steps of a run that nobody awaited when they failed. With the public SDK such a run completes all the same,
 * and its process hears of an unhandled rejection; here the process is spared, and the run's end is told with a notice. Node 24 cannot tell who awaits: no notice there.
 */
export class UnheardFailures {
  #keys: string[] = [];

  constructor(readonly execution: Execution) {}

  /** The handler gets the failure. */
  hand(step: PendingStep, settlement: Settlement): void {
    whetherHeard(
      () => step.hand(settlement),
      (heard) => {
        // A step that nobody awaits must not end the process.
        step.promise.catch(() => {});
        if (!heard) this.#keys.push(step.key);
        if (!this.execution.running && !this.execution.gone) this.tell();
      },
    );
  }

  /** The handler has returned: whoever ignored a failure did so for good. */
  tell(): void {
    const { services, run } = this.execution;
    for (const key of this.#keys.splice(0)) {
      const message = `step \`${key}\` of run \`${run.id}\` has failed and nobody awaited it: the run completes all the same`;
      services.notice("unawaited-step-failed", message, run.id);
    }
  }
}

/**
 * Settles a promise and tells whether anybody was waiting for it. The jobs of those who wait are queued in the moment of
 * settling, so they run between two jobs of ours, and nothing else does. Where nothing else in the process has promises
 * observed (Node 24, whose AsyncLocalStorage does without), an `await` is not seen: a promise that is awaited for sure
 * shows it, and then all count as heard.
 */
function whetherHeard(settle: () => void, then: (heard: boolean) => void): void {
  let heard = false;
  let sees = false;
  let stop = () => {};
  let settleSample = () => {};
  const sample = new Promise<void>((resolve) => (settleSample = resolve));
  void (async () => {
    await sample;
  })();
  queueMicrotask(() => {
    stop = promiseHooks.onBefore(() => {
      heard = true;
    }) as () => void;
  });
  settleSample();
  queueMicrotask(() => {
    sees = heard;
    heard = false;
  });
  settle();
  queueMicrotask(() => {
    stop();
    then(heard || !sees);
  });
}

/**
 * Code of the handler has rejected a promise that nobody handles. Where the run is still going on, that is an error of
 * the handler like any other; after its end it is only told.
 */
export function tellRejection(execution: Execution, reason: unknown, inStep: string | null): void {
  const error = unawaitedRejection(reason, inStep);
  const { services, run } = execution;
  if (execution.running) return services.fail(execution, error);
  services.notice(error.code, error.message, run.id);
}
