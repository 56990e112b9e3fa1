import { throttleEndsAt, type ThrottleState } from "../../../engine/3-control/policies/throttle.js";
import type { Database, Statement } from "../driver.js";
import { readNumber, readText } from "../read-column.js";

const cacheLimit = 40_000;
/** The number of a key that has no row. */
const noRow = 0;

/**
 * What throttles remember. Rows have numbers in the order in which they were made: those that are used one after the other are
 * neighbours, and a commit touches few pages. One stays until the next sweep: its key mostly comes again.
 */
export class ThrottleRows {
  readonly #numbers = new Map<string, number>();
  readonly #select: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #sweep: Statement;
  #next: number;

  constructor(database: Database) {
    this.#select = database.prepare("SELECT n, state FROM flow_throttles WHERE key = ?");
    this.#insert = database.prepare("INSERT INTO flow_throttles (n, key, state, ends_at) VALUES (?, ?, ?, ?)");
    this.#update = database.prepare("UPDATE flow_throttles SET state = ?, ends_at = ? WHERE n = ?");
    this.#sweep = database.prepare("DELETE FROM flow_throttles WHERE ends_at <= ?");
    const last = database.prepare("SELECT coalesce(max(n), 0) AS last FROM flow_throttles").get([]);
    this.#next = (last ? readNumber(last, "last") : 0) + 1;
  }

  get(key: string): ThrottleState | null {
    if (this.#numbers.get(key) === noRow) return null;
    const row = this.#select.get([key]);
    this.#numbers.set(key, row ? readNumber(row, "n") : noRow);
    // Written by put.
    return row ? (JSON.parse(readText(row, "state")) as ThrottleState) : null;
  }

  put(key: string, state: ThrottleState): void {
    if (!this.#numbers.has(key)) this.get(key);
    const n = this.#numbers.get(key) ?? noRow;
    const [text, endsAt] = [JSON.stringify(state), throttleEndsAt(state)];
    if (n !== noRow) return void this.#update.run([text, endsAt, n]);
    this.#insert.run([this.#next, key, text, endsAt]);
    this.#numbers.set(key, this.#next++);
  }

  sweep(now: number): void {
    this.#sweep.run([now]);
    this.#numbers.clear();
  }

  settle(): void {
    if (this.#numbers.size > cacheLimit) this.#numbers.clear();
  }

  forget(): void {
    this.#numbers.clear();
  }
}
