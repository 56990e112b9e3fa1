import { admitNew, type Admitted } from "../flow/admit.js";
import { describeDuplicate, type Duplicate } from "../describe-duplicate.js";
import type { RunControl, SkipReason } from "../flow/flow-records.js";
import type { NewRun, Unique, WriteResult } from "../store.js";
import { readText } from "./read-column.js";
import { encodeRunRest } from "./run-rows.js";
import { statusCode } from "./status-codes.js";
import { toWakeValues } from "./wake-rows.js";
import { insertWake, type WriteContext } from "./write-context.js";

export function insertRun(
  context: WriteContext,
  run: NewRun,
  uniques: readonly Unique[],
  control: RunControl | null,
): WriteResult | null {
  const first = uniques.length === 0 ? null : takeUniques(context, run.id, uniques);
  const n = context.newRunNumber();
  if (first) {
    pushRow(context, n, run, { leased: false, queueAt: run.queueAt, flow: null, skipped: first });
    return { kind: "run", runId: run.id, duplicateOf: first.runId };
  }
  if (!control) {
    pushRow(context, n, run, { leased: run.owner !== null, queueAt: run.queueAt, flow: null, skipped: null });
    return uniques.length > 0 ? { kind: "run", runId: run.id, duplicateOf: null } : null;
  }
  const { fate, row, superseded, watched } = admitNew(
    context.flow,
    // Field by field: to spread `run` here takes 10 µs.
    {
      n,
      id: run.id,
      functionId: run.functionId,
      eventId: run.eventIds[0],
      isInvoked: run.parent !== null,
      createdAt: run.createdAt,
      queueAt: run.queueAt,
      isWanted: run.owner !== null,
    },
    control,
  );
  if (row) pushRow(context, n, run, row);
  // A duplicate is told which run its event went into.
  if (fate.kind === "merged") putUniques(context, fate.into, uniques);
  if (watched !== undefined) for (const watch of run.watches) context.run(insertWake, toWakeValues(watched, watch));
  return { kind: "run", runId: run.id, duplicateOf: null, fate, superseded };
}

/** The first that another run has; null when this one has all of them now. */
function takeUniques(context: WriteContext, runId: string, uniques: readonly Unique[]): Duplicate | null {
  for (const { scope, key, now, policy } of uniques) {
    const values = [scope, key, now];
    const other = context.get("SELECT run_id FROM uniques WHERE scope = ? AND key = ? AND expires_at > ?", values);
    if (other) return describeDuplicate(policy, readText(other, "run_id"));
  }
  putUniques(context, runId, uniques);
  return null;
}

function putUniques(context: WriteContext, runId: string, uniques: readonly Unique[]): void {
  for (const { scope, key, expiresAt } of uniques) {
    context.run("INSERT OR REPLACE INTO uniques (scope, key, run_id, expires_at) VALUES (?, ?, ?, ?)", [
      scope,
      key,
      runId,
      expiresAt,
    ]);
  }
}

/** How a run is inserted. */
type NewRow = Omit<NonNullable<Admitted["row"]>, "skipped"> & { readonly skipped: SkipReason | Duplicate | null };

function pushRow(context: WriteContext, n: number, run: NewRun, row: NewRow): void {
  const { leased, queueAt, flow, skipped } = row;
  const firstEvent = context.eventNumber(run.eventIds[0]);
  const functionName = context.names.intern(run.functionId);
  const status = skipped ? "skipped" : leased ? "running" : "queued";
  context.runs.values.push(
    n,
    run.id,
    functionName,
    context.names.intern(run.functionHash),
    firstEvent,
    statusCode[status],
    leased && run.owner !== null ? context.names.intern(run.owner) : null,
    leased ? 1 : 0,
    run.createdAt,
    leased ? run.createdAt : null,
    leased || skipped ? null : queueAt,
    encodeRunRest(run, firstEvent),
    flow && flow.line,
    flow && flow.queue,
    flow && flow.place,
    (flow && flow.slots) || null,
    (flow && flow.headStartMs) || null,
  );
  context.heads.add(run.id, {
    n,
    epoch: leased ? 1 : 0,
    leased,
    open: !skipped,
    line: flow && flow.line,
    flow: flow && leased ? { ...flow, n, id: run.id, leased: true, started: true } : null,
  });
  context.functionBlocks.add(functionName, n);
  if (leased) context.leasedBlocks.add(n);
  for (const eventId of run.eventIds) context.linkEvent(eventId, n);
  if (!skipped) {
    for (const watch of run.watches) context.run(insertWake, toWakeValues(n, watch));
    return;
  }
  context.runs.flush();
  context.run("UPDATE runs SET ended_at = ?, output = ? WHERE n = ?", [run.createdAt, JSON.stringify(skipped), n]);
}
