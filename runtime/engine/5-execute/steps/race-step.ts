import type { Write } from "../../../store/store.js";
import type { StepOp } from "../../../transport/step-op.js";
import { writeReason } from "../../6-settle/cancel-reason.js";
import { childrenToCancel } from "../../6-settle/canceller.js";
import { errorText, readJson, writeJson } from "../../json.js";
import type { Execution } from "../execution.js";
import type { PendingStep, Settlement } from "../pending-step.js";
import { hasLost, RaceScope } from "../race.js";

type RaceOp = StepOp & { kind: "race" };

/** What the journal has of a race. `cancelled`: the keys of the steps that had lost. */
interface RaceRecord {
  readonly winner: string;
  readonly value: unknown;
  readonly cancelled?: readonly string[];
}

/**
 * Begins all branches, in a replay as well: their steps are in the journal. A race that the journal knows is decided by
 * it, when its turn comes; another one by the branch that ends first.
 */
export function beginRace(execution: Execution, step: PendingStep, op: RaceOp): void {
  step.startedAt = execution.services.clock.now();
  const scopes = op.branches.map(({ name }) => new RaceScope(name, op.scope ?? null));
  step.branches = scopes;
  op.branches.forEach(({ begin }, index) => {
    const scope = scopes[index]!;
    begin(scope).then(
      (value) => decide(execution, step, scope, () => ({ status: "completed", value })),
      (error: unknown) => decide(execution, step, scope, () => ({ status: "failed", error })),
    );
  });
}

type Ending =
  { readonly status: "completed"; readonly value: unknown } | { readonly status: "failed"; readonly error: unknown };

/** The first branch has ended: the result and the end of the other branches are one transition. */
function decide(execution: Execution, step: PendingStep, winner: RaceScope, end: () => Ending): void {
  if (!execution.running || !step.awaits(0)) return;
  const lost = cancelLosers(execution, step, winner.name);
  const settlement = describeEnd(execution, step, winner, end(), lost);
  const runId = execution.run.id;
  const writes: Write[] = [];
  for (const { key, wakeStored } of lost) if (wakeStored) writes.push({ kind: "unwake", runId, stepKey: key });
  const children = childrenToCancel(lost.flatMap(({ wake }) => (wake ? [wake] : [])));
  // Marked with the decision, so that a process that dies here leaves none of them behind.
  const reason = children.length > 0 ? writeReason({ kind: "parent", runId }) : "";
  for (const child of children) writes.push({ kind: "cancel", runId: child, reason });
  execution.settle(step, settlement, writes, (outcome) => {
    if (outcome.ok) for (const child of children) execution.services.carryOutCancel(child);
  });
}

function describeEnd(
  execution: Execution,
  step: PendingStep,
  winner: RaceScope,
  ending: Ending,
  lost: readonly PendingStep[],
): Settlement {
  if (ending.status === "failed") return { status: "failed", output: errorText(ending.error) };
  const cancelled = lost.map(({ key }) => key);
  const record: RaceRecord = {
    winner: winner.name,
    value: ending.value ?? null,
    ...(cancelled.length > 0 && { cancelled }),
  };
  try {
    const limit = execution.services.limits.stepBytes;
    return {
      status: "completed",
      output: writeJson(record, `the result of race \`${step.key}\``, limit, execution.fn.rich),
    };
  } catch (error) {
    return { status: "failed", output: errorText(error) };
  }
}

/** All branches but the winner have lost; gives the steps that are cancelled by that. Null: all of them have. */
function cancelLosers(execution: Execution, step: PendingStep, winner: string | null): readonly PendingStep[] {
  for (const scope of step.branches ?? []) if (scope.name !== winner) scope.lost = true;
  const lost: PendingStep[] = [];
  for (const each of execution.steps) if (hasLost(each.op.scope) && execution.cancelStep(each)) lost.push(each);
  return lost;
}

/** The race is decided by what is in the journal. */
export function closeRace(execution: Execution, step: PendingStep, { status, output }: Settlement): void {
  cancelLosers(execution, step, status === "completed" ? readRace(output).winner : null);
}

/** What the handler gets of a race that is in the journal. */
export function readRace(output: string): { winner: string; value: unknown } {
  // Written by describeEnd.
  const { winner, value } = readJson(output) as RaceRecord;
  return { winner, value };
}
