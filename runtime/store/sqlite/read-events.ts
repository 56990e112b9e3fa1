import { pathOfMatchKey } from "../candidates.js";
import type { EventRecord, ExpressionProblem } from "../records.js";
import type { Page, WaitCandidate } from "../store.js";
import type { Database, SqlRow, Statement } from "./driver.js";
import { selectEvent, toEventRecord } from "./event-rows.js";
import type { Names } from "./names.js";
import { parseCursor, toPage } from "./page.js";
import { readText } from "./read-column.js";
import { walkBlocks, type SparseIndex } from "./sparse-index.js";
import type { WaitCandidates } from "./wait-candidates.js";

/** The queries behind `Store.events` and `Store.matches`. */
export class EventReader {
  readonly #byId: Statement;
  readonly #newest: Statement;
  readonly #newestNamed: Statement;
  readonly #problems: Statement;
  readonly #pending: Statement;
  readonly #nextPath: Statement;

  constructor(
    readonly database: Database,
    readonly names: Names,
    readonly candidates: WaitCandidates,
    readonly blocks: SparseIndex,
  ) {
    this.#newest = database.prepare(`${selectEvent} WHERE n < ? ORDER BY n DESC LIMIT ?`);
    this.#newestNamed = database.prepare(`${selectEvent} WHERE n < ? AND n >= ? AND name = ? ORDER BY n DESC LIMIT ?`);
    this.#byId = database.prepare(`${selectEvent} WHERE id = ?`);
    this.#problems = database.prepare(
      `SELECT expression, message FROM expression_problems WHERE event = (SELECT n FROM events WHERE id = ?) ORDER BY expression`,
    );
    this.#pending = database.prepare(
      "SELECT e.*, p.match_keys FROM pending_matches p JOIN events e ON e.n = p.event ORDER BY p.event LIMIT ?",
    );
    this.#nextPath = database.prepare(
      "SELECT event, match_key FROM wakes WHERE event IS NOT NULL AND (event, match_key) > (?, ?) ORDER BY event, match_key LIMIT 1",
    );
  }

  get(id: string): EventRecord | null {
    const row = this.#byId.get([id]);
    return row ? toEventRecord(row, this.names) : null;
  }

  problems(id: string): ExpressionProblem[] {
    return this.#problems
      .all([id])
      .map((row) => ({ expression: readText(row, "expression"), message: readText(row, "message") }));
  }

  list(filter: { readonly name?: string }, limit: number, cursor: string | null): Page<EventRecord> {
    const before = cursor === null ? Number.MAX_SAFE_INTEGER : parseCursor(cursor);
    const rows =
      filter.name === undefined ? this.#newest.all([before, limit + 1]) : this.#named(filter.name, before, limit + 1);
    return toPage(rows, limit, (row) => toEventRecord(row, this.names));
  }

  #named(eventName: string, before: number, limit: number): SqlRow[] {
    const name = this.names.find(eventName);
    if (name === null) return [];
    return walkBlocks(this.blocks, name, before, limit, (end, start, wanted) =>
      this.#newestNamed.all([end, start, name, wanted]),
    );
  }

  pendingMatches(limit: number): { event: EventRecord; candidates: WaitCandidate[] }[] {
    return this.#pending.all([limit]).map((row) => {
      const event = toEventRecord(row, this.names);
      // Written by applyWrite.
      const matchKeys = JSON.parse(readText(row, "match_keys")) as string[];
      return { event, candidates: this.candidates.find(event.name, matchKeys) };
    });
  }

  /** Skips from path to path: a million waits with the same path are one step. */
  matchPaths(): { event: string; path: string }[] {
    const found: { event: string; path: string }[] = [];
    let row = this.#nextPath.get(["", ""]);
    while (row) {
      const event = readText(row, "event");
      const path = pathOfMatchKey(readText(row, "match_key"));
      found.push({ event, path });
      // ">" is the character after "=": the first key that can have another path.
      row = this.#nextPath.get([event, path === "" ? "" : `${path}>`]);
    }
    return found;
  }
}
