import { isNonRetriableError, isRetryAfterError, isStepError } from "../../define/errors.js";
import { internalEvents } from "../../define/internal-events.js";
import type { Deferral, EndedRunStatus, ParentStep, RunEnding, StepRecord } from "../../store/records.js";
import { PostponedError } from "../../transport/postponed.js";
import { backoffMs, retryAfterMs } from "../backoff.js";
import type { Clock } from "../clock.js";
import type { Committer } from "../committer.js";
import type { Observers } from "../observers.js";
import { type ErrorJson, errorJson, errorText } from "../json.js";
import type { LoadedFunction } from "../load-application.js";
import { endRun, leaseOf, planEndEvents, type SystemPlan } from "./end-run.js";

/** The run that ends, as the settling stage needs it. */
export interface EndingRun {
  readonly fn: LoadedFunction | MissingFunction;
  readonly run: {
    readonly id: string;
    readonly epoch: number;
    readonly attempt: number;
    readonly parent: ParentStep | null;
    readonly createdAt: number;
    readonly payloads: readonly unknown[];
  };
  readonly hasWakes: boolean;
  /** The runs that begin when it has ended, however it ends. */
  readonly deferred: readonly Deferral[];
}

/** The application does not have it any more. */
export interface MissingFunction {
  readonly kind: "missing";
  readonly fullId: string;
}

/** As its owner knows it, who has its function. */
export interface OwnedRun extends EndingRun {
  readonly fn: LoadedFunction;
}

export interface SettleServices {
  readonly clock: Clock;
  readonly random: () => number;
  readonly committer: Committer;
  readonly retryIntervalMs: number | null;
  readonly observers: Pick<Observers, "observe">;
  /**
   * Plans an event of the runtime's own: what it starts. Null where nobody listens to it; `data` is made only then.
   * `only` is the one function that it is for; it alone gets one that is `muted`.
   */
  planSystemEvent(
    name: string,
    data: () => Readonly<Record<string, unknown>>,
    only: LoadedFunction | null,
    muted: boolean,
  ): SystemPlan;
  /** Plans the event of a deferred run, and the run; null where no function is for it. */
  planDeferral(deferral: Deferral, parentFunctionId: string): SystemPlan;
  /** The step of the parent run is settled, in this process's memory too. */
  parentResolved(step: StepRecord): void;
}

/** What became of the handler: it ended, or it is tried again at `queueAt`, or its lease was lost. */
export type Ending =
  | { readonly kind: "ended"; readonly status: Exclude<EndedRunStatus, "skipped">; readonly output: string }
  /** How it will end is stored: its rollbacks run first. */
  | { readonly kind: "rolling-back"; readonly ending: RunEnding }
  | { readonly kind: "again"; readonly queueAt: number }
  | { readonly kind: "lost" };

/** The handler returned: the run is completed, and whoever waits for its result has it, in one transition. */
export function completeRun(
  ending: OwnedRun,
  output: string,
  services: SettleServices,
  then: (e: Ending) => void,
): void {
  const told = () => ({ result: JSON.parse(output) as unknown });
  const { onComplete } = ending.fn;
  const plans = planEndEvents(ending, internalEvents.FunctionFinished, onComplete, told, services);
  const end = { status: "completed", output, fence: leaseOf(ending.run), plans } as const;
  endRun(ending, end, services, (ended) => then(ended ? { kind: "ended", status: "completed", output } : lost));
}

const lost: Ending = { kind: "lost" };

/** The handler threw: the run is tried again, or it has failed for good. */
export function failRun(ending: OwnedRun, error: unknown, services: SettleServices, then: (e: Ending) => void): void {
  const { fn, run } = ending;
  const now = services.clock.now();
  if (error instanceof PostponedError) return postponeRun(run, error.until, services, then);
  if (!failsForGood(fn, run, error)) {
    const delay =
      retryAfterMs(error, now) ??
      services.retryIntervalMs ??
      backoffMs(fn.retries.backoff, run.attempt, services.random());
    return retryRun(ending, error, now + delay, services, then);
  }
  endFailed(ending, errorJson(error), services, then);
}

/** The run has failed for good. */
export function endFailed(
  ending: OwnedRun,
  described: ErrorJson,
  services: SettleServices,
  then: (e: Ending) => void,
): void {
  const output = JSON.stringify(described);
  const told = () => ({ error: described });
  const plans = planEndEvents(ending, internalEvents.FunctionFailed, ending.fn.onFailure, told, services);
  const end = { status: "failed", output, fence: leaseOf(ending.run), plans } as const;
  endRun(ending, end, services, (ended) => then(ended ? { kind: "ended", status: "failed", output } : lost));
}

/** Whether the run is not tried again when its handler throws that. */
export function failsForGood(fn: LoadedFunction, run: { readonly attempt: number }, error: unknown): boolean {
  if (error instanceof PostponedError) return false;
  return isNonRetriableError(error) || isUsedUp(error) || run.attempt >= fn.retries.limit;
}

/** A step that has used up its attempts is not tried again by trying the whole run again. */
function isUsedUp(error: unknown): boolean {
  return isStepError(error) && !isRetryAfterError(error);
}

/** Nothing was tried: the run goes back to the queue, and no attempt is counted. */
function postponeRun(run: OwnedRun["run"], queueAt: number, services: SettleServices, then: (e: Ending) => void): void {
  const release = { kind: "release", runId: run.id, status: "queued", queueAt, attempt: run.attempt } as const;
  services.committer.submit(
    { guards: [{ kind: "lease", runId: run.id, epoch: run.epoch }], writes: [release] },
    (outcome) => then(outcome.ok ? { kind: "again", queueAt } : { kind: "lost" }),
  );
}

function retryRun(
  { fn, run }: OwnedRun,
  error: unknown,
  queueAt: number,
  services: SettleServices,
  then: (e: Ending) => void,
): void {
  const attempt = run.attempt + 1;
  const failure = { attempt: run.attempt, at: services.clock.now(), error: errorText(error) };
  services.committer.submit(
    {
      guards: [{ kind: "lease", runId: run.id, epoch: run.epoch }],
      writes: [{ kind: "release", runId: run.id, status: "queued", queueAt, attempt, failure }],
    },
    (outcome) => {
      if (!outcome.ok) return then({ kind: "lost" });
      services.observers.observe?.({
        kind: "run-retrying",
        ...failure,
        runId: run.id,
        functionId: fn.fullId,
        nextAt: queueAt,
      });
      then({ kind: "again", queueAt });
    },
  );
}
