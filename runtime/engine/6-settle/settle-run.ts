import { isNonRetriableError, isRetryAfterError, isStepError } from "../../define/errors.js";
import { internalEvents } from "../../define/internal-events.js";
import type { EndedRunStatus, RunEnding, StepRecord } from "../../store/records.js";
import type { Outcome, Transition, Write } from "../../store/store.js";
import { backoffMs, retryAfterMs } from "../backoff.js";
import type { Clock } from "../clock.js";
import type { Committer } from "../committer.js";
import type { Happening } from "../engine.js";
import { type ErrorJson, errorJson, errorText } from "../json.js";
import type { LoadedFunction } from "../load-application.js";

/** The run that ends, as the settling stage needs it. */
export interface EndingRun {
  readonly fn: LoadedFunction;
  readonly run: {
    readonly id: string;
    readonly epoch: number;
    readonly attempt: number;
    readonly parent: { readonly runId: string; readonly stepKey: string } | null;
    readonly createdAt: number;
    readonly payloads: readonly unknown[];
  };
  readonly hasWakes: boolean;
}

export interface SettleServices {
  readonly clock: Clock;
  readonly random: () => number;
  readonly committer: Committer;
  readonly retryIntervalMs: number | null;
  readonly observe: ((happening: Happening) => void) | null;
  /**
   * Plans an event of the runtime's own: what it starts. Null where nobody listens to it; `data` is made only then.
   * `only` is the one function that it is for.
   */
  planSystemEvent(
    name: string,
    data: () => Readonly<Record<string, unknown>>,
    only: LoadedFunction | null,
  ): { readonly writes: readonly Write[]; readonly committed: (outcome: Outcome) => void } | null;
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
  ending: EndingRun,
  output: string,
  services: SettleServices,
  then: (e: Ending) => void,
): void {
  const { fn } = ending;
  const plans: SystemPlan[] = [];
  if (fn.kind === "function") {
    const data = () => ({ ...describeRun(ending), result: JSON.parse(output) as unknown });
    plans.push(services.planSystemEvent(internalEvents.FunctionFinished, data, null));
  }
  endRun(ending, "completed", output, plans, services, then);
}

/** The handler threw: the run is tried again, or it has failed for good. */
export function failRun(ending: EndingRun, error: unknown, services: SettleServices, then: (e: Ending) => void): void {
  const { fn, run } = ending;
  const now = services.clock.now();
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
  ending: EndingRun,
  described: ErrorJson,
  services: SettleServices,
  then: (e: Ending) => void,
): void {
  const { fn } = ending;
  const data = () => ({ ...describeRun(ending), error: described });
  const plans: SystemPlan[] = [];
  if (fn.kind === "function") {
    plans.push(services.planSystemEvent(internalEvents.FunctionFailed, data, fn.onFailure));
    plans.push(services.planSystemEvent(internalEvents.FunctionFinished, data, null));
  }
  endRun(ending, "failed", JSON.stringify(described), plans, services, then);
}

/** Whether the run is not tried again when its handler throws that. */
export function failsForGood(fn: LoadedFunction, run: { readonly attempt: number }, error: unknown): boolean {
  return isNonRetriableError(error) || isUsedUp(error) || run.attempt >= fn.retries.limit;
}

/** A step that has used up its attempts is not tried again by trying the whole run again. */
function isUsedUp(error: unknown): boolean {
  return isStepError(error) && !isRetryAfterError(error);
}

function retryRun(
  { fn, run }: EndingRun,
  error: unknown,
  queueAt: number,
  services: SettleServices,
  then: (e: Ending) => void,
): void {
  const attempt = run.attempt + 1;
  services.committer.submit(
    {
      guards: [{ kind: "lease", runId: run.id, epoch: run.epoch }],
      writes: [{ kind: "release", runId: run.id, status: "queued", queueAt, attempt }],
    },
    (outcome) => {
      if (!outcome.ok) return then({ kind: "lost" });
      services.observe?.({
        kind: "run-retrying",
        at: services.clock.now(),
        runId: run.id,
        functionId: fn.fullId,
        attempt: run.attempt,
        error: errorText(error),
        nextAt: queueAt,
      });
      then({ kind: "again", queueAt });
    },
  );
}

export type SystemPlan = ReturnType<SettleServices["planSystemEvent"]>;

export function describeRun({ fn, run }: EndingRun) {
  return { function_id: fn.fullId, run_id: run.id, event: run.payloads[0], events: run.payloads };
}

/** The one place where a run ends, whatever it ends as. */
export function endRun(
  ending: EndingRun,
  status: Exclude<EndedRunStatus, "skipped">,
  output: string,
  plans: readonly SystemPlan[],
  services: SettleServices,
  then: (e: Ending) => void,
): void {
  const { fn, run, hasWakes } = ending;
  const endedAt = services.clock.now();
  const lease = { kind: "lease", runId: run.id, epoch: run.epoch } as const;
  const resolved = run.parent ? parentStep(ending, run.parent, status, output, endedAt) : null;
  const writes: Write[] = [{ kind: "end", runId: run.id, status, output, endedAt, hasWakes }];
  for (const plan of plans) if (plan) writes.push(...plan.writes);
  const end: Transition = { guards: [lease], writes };
  const ended = (outcome: Outcome): boolean => {
    if (!outcome.ok) {
      then({ kind: "lost" });
      return false;
    }
    services.observe?.({ kind: "run-ended", at: endedAt, runId: run.id, functionId: fn.fullId, status, output });
    then({ kind: "ended", status, output });
    for (const plan of plans) plan?.committed(outcome);
    return true;
  };
  if (!resolved) return services.committer.submit(end, ended);
  // Before the end, so that the lease is still there to guard it; a parent that no longer waits does not hinder the end.
  const resolve: Transition = {
    guards: [lease, { kind: "wake", runId: resolved.runId, stepKey: resolved.key }],
    writes: [{ kind: "resolve", step: resolved, now: endedAt }],
  };
  services.committer.submitAll([resolve, end], ([first, last]) => {
    if (ended(last!) && first!.ok) services.parentResolved(resolved);
  });
}

/** What the step that waits for a cancelled run fails with. */
class RunCancelledError extends Error {
  override readonly name = "RunCancelledError";
  readonly code = "run-cancelled";
  constructor(runId: string, reason: string) {
    super(`run \`${runId}\` was cancelled: ${reason}`);
  }
}

function parentStep(
  { fn, run }: EndingRun,
  parent: { readonly runId: string; readonly stepKey: string },
  status: Exclude<EndedRunStatus, "skipped">,
  output: string,
  endedAt: number,
): StepRecord {
  return {
    runId: parent.runId,
    key: parent.stepKey,
    kind: "invoke",
    name: fn.fullId,
    status: status === "completed" ? "completed" : "failed",
    output: status === "cancelled" ? errorText(new RunCancelledError(run.id, output)) : output,
    attempt: 0,
    failures: [],
    startedAt: run.createdAt,
    endedAt,
  };
}
