import type { Database, Statement } from "./driver.js";
import { readNumber } from "./read-column.js";
import { blockOf } from "./sparse-index.js";

/** The condition that a run, `r`, is in a leased block; for queries that begin with these. */
export const inLeasedBlock = "FROM leased_blocks b JOIN runs r ON r.n BETWEEN b.block * 256 AND b.block * 256 + 255";

const fewBlocks = 32;

/**
 * Names the blocks that may have leased runs, so that they are found after a restart: leases come and go with every run, blocks
 * only with every 256th.
 */
export class LeasedBlocks {
  readonly #insert: Statement;
  readonly #clean: Statement;
  readonly #all: Statement;
  readonly #known = new Set<number>();
  #cleanAt = fewBlocks;

  constructor(database: Database) {
    this.#insert = database.prepare("INSERT OR IGNORE INTO leased_blocks (block) VALUES (?)");
    this.#clean = database.prepare(
      `DELETE FROM leased_blocks WHERE NOT EXISTS
       (SELECT 1 FROM runs r WHERE r.n BETWEEN block * 256 AND block * 256 + 255 AND r.owner IS NOT NULL)`,
    );
    this.#all = database.prepare("SELECT block FROM leased_blocks");
  }

  /** Only inside a transaction. */
  add(n: number): void {
    const block = blockOf(n);
    if (this.#known.has(block)) return;
    this.#insert.run([block]);
    this.#known.add(block);
  }

  /** At the end of a transaction, with all runs inserted: drops what has no leases when there are many more blocks than before. */
  tidy(): void {
    if (this.#known.size < this.#cleanAt) return;
    this.#clean.run([]);
    this.#known.clear();
    for (const row of this.#all.all([])) this.#known.add(readNumber(row, "block"));
    this.#cleanAt = fewBlocks + this.#known.size * 2;
  }

  /** After a rollback. */
  forget(): void {
    this.#known.clear();
  }
}
