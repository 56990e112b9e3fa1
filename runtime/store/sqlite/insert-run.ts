import { admitNew, type Admitted } from "../flow/admit.js";
import type { RunControl } from "../flow/flow-records.js";
import type { NewRun, Unique, WriteResult } from "../store.js";
import { readText } from "./read-column.js";
import { encodeRunRest } from "./run-rows.js";
import { statusCode } from "./status-codes.js";
import type { WriteContext } from "./write-context.js";

export function insertRun(
  context: WriteContext,
  run: NewRun,
  unique: Unique | null,
  control: RunControl | null,
): WriteResult | null {
  if (unique) {
    const other = takeUnique(context, run.id, unique);
    if (other !== null) return { kind: "run", runId: run.id, duplicateOf: other };
  }
  const n = context.newRunNumber();
  if (!control) {
    pushRow(context, n, run, { leased: run.owner !== null, queueAt: run.queueAt, flow: null, skipped: null });
    return unique ? { kind: "run", runId: run.id, duplicateOf: null } : null;
  }
  const { fate, row, superseded } = admitNew(
    context.flow,
    { ...run, n, eventId: run.eventIds[0], isInvoked: run.parent !== null, isWanted: run.owner !== null },
    control,
  );
  if (row) pushRow(context, n, run, row);
  return { kind: "run", runId: run.id, duplicateOf: null, fate, superseded };
}

/** The other run that has the key; null when this one has it now. */
function takeUnique(context: WriteContext, runId: string, { scope, key, now, expiresAt }: Unique): string | null {
  const other = context.get("SELECT run_id FROM uniques WHERE scope = ? AND key = ? AND expires_at > ?", [
    scope,
    key,
    now,
  ]);
  if (other) return readText(other, "run_id");
  context.run("INSERT OR REPLACE INTO uniques (scope, key, run_id, expires_at) VALUES (?, ?, ?, ?)", [
    scope,
    key,
    runId,
    expiresAt,
  ]);
  return null;
}

function pushRow(context: WriteContext, n: number, run: NewRun, row: NonNullable<Admitted["row"]>): void {
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
  context.heads.add(run.id, { n, epoch: leased ? 1 : 0, leased, open: !skipped, line: flow && flow.line });
  context.functionBlocks.add(functionName, n);
  if (leased) context.leasedBlocks.add(n);
  for (const eventId of run.eventIds) context.linkEvent(eventId, n);
  if (!skipped) return;
  context.runs.flush();
  context.run("UPDATE runs SET ended_at = ?, output = ? WHERE n = ?", [run.createdAt, JSON.stringify(skipped), n]);
}
