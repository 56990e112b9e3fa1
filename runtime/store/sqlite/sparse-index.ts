import type { Database, SqlRow, Statement } from "./driver.js";

/** Rows whose numbers differ only in the last eight bits are one block. */
export const blockSize = 256;

export function blockOf(n: number): number {
  return Math.floor(n / blockSize);
}

/** Names, for each value of a column, the blocks that have rows with it. */
export class SparseIndex {
  readonly #insert: Statement;
  readonly #before: Statement;
  /** The values known to be named for the newest block. */
  readonly #known = new Set<number>();
  #newest = -1;

  constructor(database: Database, table: string, column: string) {
    this.#insert = database.prepare(`INSERT OR IGNORE INTO ${table} (${column}, block) VALUES (?, ?)`);
    this.#before = database.prepare(
      `SELECT block FROM ${table} WHERE ${column} = ? AND block <= ? ORDER BY block DESC LIMIT 1`,
    );
  }

  /** Only inside a transaction; `n` never decreases. */
  add(value: number, n: number): void {
    const block = blockOf(n);
    if (block !== this.#newest) {
      this.#newest = block;
      this.#known.clear();
    }
    if (this.#known.has(value)) return;
    this.#insert.run([value, block]);
    this.#known.add(value);
  }

  /** The newest block with rows of that value, at most `block`. */
  atMost(value: number, block: number): number | null {
    const found = this.#before.get([value, block])?.["block"];
    return typeof found === "number" ? found : null;
  }

  /** After a rollback. */
  forget(): void {
    this.#known.clear();
  }
}

/** Collects rows from the newest on, block by block, below `before`. `read` gives those of [start, end), newest first. */
export function walkBlocks(
  index: SparseIndex,
  value: number,
  before: number,
  limit: number,
  read: (end: number, start: number, limit: number) => readonly SqlRow[],
): SqlRow[] {
  const found: SqlRow[] = [];
  let block = index.atMost(value, blockOf(before - 1));
  while (block !== null && found.length < limit) {
    const start = block * blockSize;
    found.push(...read(Math.min(before, start + blockSize), start, limit - found.length));
    block = index.atMost(value, block - 1);
  }
  return found;
}
