import { internalEvents } from "../../define/internal-events.js";
import type { Guard, Write } from "../../store/store.js";
import { type CancelReason, describeReason, writeReason } from "./cancel-reason.js";
import { endRun, planEndEvents } from "./end-run.js";
import type { EndingRun, SettleServices } from "./settle-run.js";

/**
 * Here a run that is marked to be cancelled ends, whoever it is that ends it: its owner, between two steps, or anybody where
 * nobody has it; and, where steps have rollbacks, when these have run. `children` are the invoked runs that are cancelled with it; their marks are part of the transition.
 */
export function cancelRun(
  ending: EndingRun,
  reason: CancelReason,
  fence: Guard,
  children: readonly string[],
  services: SettleServices,
  then: (ended: boolean, output: string) => void,
): void {
  const { run, fn } = ending;
  const output = writeReason(reason);
  const message = `the run was cancelled: ${describeReason(reason)}`;
  const error = { name: "RunCancelledError", message, code: "run-cancelled" };
  const told = () => ({ error, reason });
  const plans = planEndEvents(
    ending,
    internalEvents.FunctionCancelled,
    fn.kind === "function" ? fn.onCancel : null,
    told,
    services,
  );
  const childReason = writeReason({ kind: "parent", runId: run.id });
  const more = children.map((runId): Write => ({ kind: "cancel", runId, reason: childReason }));
  const end = { status: "cancelled", output, parentOutput: JSON.stringify(error), fence, plans, more } as const;
  endRun(ending, end, services, (ended) => then(ended, output));
}
