import { internalEvents } from "../../define/internal-events.js";
import type { ParentStep, StepRecord } from "../../store/records.js";
import type { Guard, Outcome, Transition, Write } from "../../store/store.js";
import type { LoadedFunction } from "../load-application.js";
import type { EndingRun, SettleServices } from "./settle-run.js";

/** How a run ends: all of it is written in one transition. */
export interface RunEnd {
  readonly status: "completed" | "failed" | "cancelled";
  readonly output: string;
  /** What the step gets that waits for the run; `output` unless it is given. */
  readonly parentOutput?: string;
  /** Who may end it: its owner, or anybody while it has none. */
  readonly fence: Guard;
  readonly plans: readonly SystemPlan[];
  readonly more?: readonly Write[];
}

/** An event of the runtime's own with what it starts; null where nobody listens to it. */
export type SystemPlan = {
  readonly writes: readonly Write[];
  readonly committed: (outcome: Outcome) => void;
} | null;

/** The fence of the run's owner. */
export function leaseOf({ id, epoch }: EndingRun["run"]): Guard {
  return { kind: "lease", runId: id, epoch };
}

/** Ends the run; `then` gets true when it was ended here, and false when somebody else has it or has ended it. */
export function endRun(ending: EndingRun, end: RunEnd, services: SettleServices, then: (ended: boolean) => void): void {
  const { fn, run, hasWakes } = ending;
  const { status, output, fence } = end;
  const plans = ending.deferred.length === 0 ? end.plans : [...end.plans, ...planDeferred(ending, services)];
  const endedAt = services.clock.now();
  const resolved = run.parent ? parentStep(ending, run.parent, end, endedAt) : null;
  const writes: Write[] = [{ kind: "end", runId: run.id, status, output, endedAt, hasWakes }];
  for (const plan of plans) if (plan) writes.push(...plan.writes);
  if (end.more) writes.push(...end.more);
  const transition: Transition = { guards: [fence], writes };
  const ended = (outcome: Outcome): boolean => {
    if (!outcome.ok) for (const plan of plans) plan?.committed(outcome);
    else
      services.observers.observe?.({
        kind: "run-ended",
        at: endedAt,
        runId: run.id,
        functionId: fn.fullId,
        status,
        output,
      });
    then(outcome.ok);
    if (outcome.ok) for (const plan of plans) plan?.committed(outcome);
    return outcome.ok;
  };
  if (!resolved) return services.committer.submit(transition, ended);
  // Before the end, so that the lease is still there to guard it; a parent that no longer waits does not hinder the end.
  const resolve: Transition = {
    guards: [fence, { kind: "wake", runId: resolved.runId, stepKey: resolved.key }],
    writes: [{ kind: "resolve", step: resolved, now: endedAt }],
  };
  services.committer.submitAll([resolve, transition], ([first, last]) => {
    if (ended(last!) && first!.ok) services.parentResolved(resolved);
  });
}

function parentStep(
  { run }: EndingRun,
  parent: ParentStep,
  { status, output, parentOutput }: RunEnd,
  endedAt: number,
): StepRecord {
  return {
    runId: parent.runId,
    key: parent.stepKey,
    kind: "invoke",
    name: parent.stepName ?? null,
    status: status === "completed" ? "completed" : "failed",
    output: parentOutput ?? output,
    attempt: 0,
    failures: [],
    startedAt: run.createdAt,
    endedAt,
  };
}

/** The run has ended, however it did: what it has deferred begins. */
function planDeferred({ fn, run, deferred }: EndingRun, services: SettleServices): SystemPlan[] {
  return deferred.map((deferral) => {
    const plan = services.planDeferral(deferral, fn.fullId);
    if (!plan) {
      const message = `run \`${run.id}\` has deferred a run of \`${deferral.functionId}\`, and no function is for it`;
      services.observers.observe?.({
        kind: "notice",
        at: services.clock.now(),
        code: "deferral-unheard",
        message,
        runId: run.id,
      });
    }
    return plan;
  });
}

/** What is told of the run's end, besides its outcome. */
type Told = { readonly result: unknown } | { readonly error: unknown };

/**
 * The events of the end: `name` (if it is not `finished` itself), which `only` gets for sure, and
 * `inngest/function.finished`. What was started by such an event ends in silence, or the two would go round in circles;
 * only its own handler still hears of it.
 */
export function planEndEvents(
  ending: EndingRun,
  name: internalEvents,
  only: LoadedFunction | null,
  told: () => Told,
  services: SettleServices,
): SystemPlan[] {
  const { fn, run } = ending;
  if (fn.kind !== "function") return [];
  const data = () => ({ ...describeRun(ending), ...told(), _inngest: { status: statusOf[name] } });
  const isMuted = isEndEvent(run.payloads[0]);
  const plans = [services.planSystemEvent(name, data, only, isMuted)];
  if (name !== internalEvents.FunctionFinished && !isMuted) {
    plans.push(services.planSystemEvent(internalEvents.FunctionFinished, data, null, false));
  }
  return plans;
}

/** As an Inngest server names how the run ended, in both events of its end. */
const statusOf: Partial<Record<internalEvents, string>> = {
  [internalEvents.FunctionFinished]: "Completed",
  [internalEvents.FunctionFailed]: "Failed",
  [internalEvents.FunctionCancelled]: "Cancelled",
};

function describeRun({ fn, run }: EndingRun) {
  return {
    function_id: fn.fullId,
    run_id: run.id,
    ...(run.parent && { correlation_id: `${run.parent.runId}.${run.parent.stepKey}` }),
    event: run.payloads[0],
    events: run.payloads,
  };
}

const endEvents: readonly unknown[] = [
  internalEvents.FunctionFinished,
  internalEvents.FunctionFailed,
  internalEvents.FunctionCancelled,
];

function isEndEvent(payload: unknown): boolean {
  return typeof payload === "object" && payload !== null && "name" in payload && endEvents.includes(payload.name);
}
