import { claimRuns } from "../flow/claim.js";
import { releaseFlow } from "../flow/depart.js";
import type { RunRecord } from "../records.js";
import type { WriteResult } from "../store.js";
import { inLeasedBlock } from "./leased-blocks.js";
import { readNumber } from "./read-column.js";
import type { WriteContext } from "./write-context.js";

export function claim(context: WriteContext, owner: string, now: number, limit: number): WriteResult {
  const ownerNumber = context.names.intern(owner);
  const claimed: RunRecord[] = [];
  const { flow } = context;
  flow.beginClaim();
  const { granted, superseded } = claimRuns(flow, now, limit, ({ n }, state) => {
    const before = flow.record(n);
    const epoch = before.epoch + 1;
    const values = [ownerNumber, epoch, now];
    if (state === null) {
      context.run(
        "UPDATE runs SET status = 1, owner = ?, epoch = ?, queue_at = NULL, started_at = coalesce(started_at, ?) WHERE n = ?",
        [...values, n],
      );
    } else {
      context.run(
        `UPDATE runs SET status = 1, owner = ?, epoch = ?, queue_at = NULL, started_at = coalesce(started_at, ?),
         queue = NULL, place = NULL, slots = ?, wants = ? WHERE n = ?`,
        [...values, state.slots || null, state.wants || null, n],
      );
    }
    context.leasedBlocks.add(n);
    const lined = state && { ...state, queue: null, place: null, n, id: before.id, leased: true, started: true };
    context.heads.add(before.id, { n, epoch, leased: true, open: true, line: state && state.line, flow: lined });
    claimed.push({
      ...before,
      status: "running",
      owner,
      epoch,
      queueAt: null,
      startedAt: before.startedAt ?? now,
      slots: (state && state.slots) || null,
    });
  });
  return { kind: "claim", claimed, granted, superseded };
}

/** Runs of owners that are gone are queued again; gives how many. `whose` is a condition over `r.owner`. */
export function freeLeases(context: WriteContext, now: number, whose: string, values: readonly number[]): number {
  context.runs.flush();
  const ofGone = `${inLeasedBlock} WHERE r.owner IS NOT NULL AND r.owner ${whose}`;
  const lined = context.all(`SELECT r.n ${ofGone} AND r.line IS NOT NULL`, values).map((row) => readNumber(row, "n"));
  for (const n of lined) {
    releaseFlow(context.flow, context.flow.run(n), now);
    context.run("UPDATE runs SET queue = NULL, place = NULL, slots = NULL, wants = NULL WHERE n = ?", [n]);
  }
  const count = context.run(
    `UPDATE runs SET status = 0, owner = NULL, queue_at = ? WHERE n IN (SELECT r.n ${ofGone})`,
    [now, ...values],
  );
  context.heads.forget();
  return count;
}
