import type { Execution } from "./execution.js";
import type { PendingStep } from "./pending-step.js";

/** Under a limit of concurrency, or as the one run of its key. */
export function isCounted({ slots, fn: { policies } }: Execution): boolean {
  return slots !== null || (policies !== null && (policies.concurrency.length > 0 || policies.singleton !== undefined));
}

/** Until when what lost races may execute, in ms. */
const latest = new WeakMap<Execution, number>();

/** Until when the bodies of steps may still execute that began under this execution; `now` where none does. */
export function busyUntil(execution: Execution, now: number): number {
  return Math.max(latest.get(execution) ?? now, ...Array.from(execution.steps, ({ deadline }) => deadline ?? now));
}

/**
 * A step has lost its race; `deadline`: of its attempt, null where none executes. Under a limit it counts until its body ends, or would
 * have been given up: who took its slot would execute beside it.
 */
export function leaveBehind(execution: Execution, step: PendingStep, deadline: number | null): void {
  const { clock, stepLimits } = execution.services;
  const free = (): void => {
    stepLimits.free(execution, step);
    if (deadline !== null) execution.leave();
  };
  const isLimited = step.op.limit !== undefined || isCounted(execution);
  if (deadline === null || step.op.kind !== "run" || !isLimited) return free();
  latest.set(execution, Math.max(deadline, latest.get(execution) ?? deadline));
  const end = (): void => {
    cancel();
    step.bodyEnded = null;
    free();
    // What only waits from now on gives its slot back.
    if (execution.running) execution.services.collectSoon(execution);
  };
  const cancel = clock.after(deadline - clock.now(), end);
  step.bodyEnded = end;
}
