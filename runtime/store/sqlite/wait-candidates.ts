import { compareCandidates } from "../candidates.js";
import type { WaitCandidate } from "../store.js";
import type { Database, SqlRow, Statement } from "./driver.js";
import type { InsertBuffer } from "./insert-buffer.js";
import type { Names } from "./names.js";
import { readNumber } from "./read-column.js";
import { selectRun, toRunRecord } from "./run-rows.js";
import { toEventWake } from "./wake-rows.js";

/** Finds the event wakes that an event may satisfy. */
export class WaitCandidates {
  readonly #wakes: Statement;
  readonly #run: Statement;

  constructor(
    database: Database,
    readonly names: Names,
    readonly pendingRuns: InsertBuffer,
    readonly pendingEvents: InsertBuffer,
  ) {
    this.#wakes = database.prepare(
      "SELECT run, key, kind, name, created_at, due_at, event, match_key, rest FROM wakes WHERE event = ? AND match_key = ?",
    );
    this.#run = database.prepare(`${selectRun} WHERE r.n = ?`);
  }

  find(event: string, matchKeys: readonly string[]): WaitCandidate[] {
    const found: WaitCandidate[] = [];
    for (const matchKey of new Set(matchKeys)) {
      for (const row of this.#wakes.all([event, matchKey])) found.push(this.#toCandidate(row));
    }
    return found.length > 1 ? found.sort(compareCandidates) : found;
  }

  #toCandidate(row: SqlRow): WaitCandidate {
    this.pendingEvents.flush();
    this.pendingRuns.flush();
    const runRow = this.#run.get([readNumber(row, "run")]);
    if (!runRow) throw new Error("internal error: a wake without a run");
    const run = toRunRecord(runRow, this.names);
    return { wake: toEventWake(row, run.id), runEventId: run.eventId };
  }
}
