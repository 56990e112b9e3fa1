import type { Database, Statement } from "./driver.js";
import { readNumber } from "./read-column.js";

/** So many numbers are taken at a time; what is left of them at the end of the process is never used. */
const blockSize = 65_536;

/** Numbers that only grow, over restarts too: `seq` orders the journal rows by commit. */
export class SeqCounter {
  readonly #reserve: Statement;
  readonly #read: Statement;
  #next = 0;
  #end = 0;

  constructor(database: Database, name: "seq") {
    this.#reserve = database.prepare(
      `INSERT INTO counters (name, value) VALUES ('${name}', ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value`,
    );
    this.#read = database.prepare(`SELECT value FROM counters WHERE name = '${name}'`);
  }

  /** Only inside a transaction. */
  next(): number {
    if (this.#next === this.#end) this.#takeBlock();
    return this.#next++;
  }

  /** After a rollback: the block may not have been reserved. */
  forget(): void {
    this.#next = this.#end;
  }

  #takeBlock(): void {
    this.#reserve.run([blockSize]);
    const row = this.#read.get([]);
    if (!row) throw new Error("internal error: the counter is not there that was just written");
    this.#end = readNumber(row, "value");
    this.#next = this.#end - blockSize;
  }
}
