import type { CancellationRecord, RunRecord } from "../../store/records.js";
import type { Store } from "../../store/store.js";
import { readPayload } from "../event-record.js";
import type { Canceller } from "./canceller.js";

/** So many runs are marked in one transition. */
const pageSize = 500;

export interface BulkServices {
  readonly store: Store;
  readonly canceller: Canceller;
  now(): number;
  /** A condition over the run's event; false when it cannot be evaluated. */
  holds(condition: string, event: unknown): boolean;
  onTrouble(error: unknown): void;
}

/** What a cancellation of many runs is for. */
export type BulkFilter = Pick<CancellationRecord, "functionId" | "startedAfter" | "startedBefore" | "condition">;

/**
 * Cancels many runs. The marks of a page and the cursor behind it are one transition, so a process that dies on the way
 * leaves the rest to the next one.
 */
export class BulkCanceller {
  #running = 0;
  #stopped = false;

  constructor(readonly services: BulkServices) {}

  get idle(): boolean {
    return this.#running === 0;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** How many runs it would cancel at this moment. */
  async count(filter: BulkFilter): Promise<number> {
    let count = 0;
    let cursor: string | null = null;
    do {
      const { runs, next } = await this.#page(filter, cursor);
      count += runs.length;
      cursor = next;
    } while (cursor !== null && !this.#stopped);
    return count;
  }

  /** Cancels from the record's cursor on, until there are no runs left; gives the record as it is then. */
  async carryOut(given: CancellationRecord): Promise<CancellationRecord> {
    this.#running++;
    let record = given;
    try {
      while (record.endedAt === null && !this.#stopped) {
        const { runs, next } = await this.#page(record, record.cursor);
        const endedAt = next === null ? this.services.now() : null;
        const cancellation: CancellationRecord = {
          ...record,
          cursor: next,
          endedAt,
          count: record.count + runs.length,
        };
        await this.services.canceller.cancel(
          runs.map(({ id }) => id),
          { kind: "bulk", cancellationId: record.id },
          { writes: [{ kind: "cancellation", cancellation }] },
        );
        record = cancellation;
      }
    } finally {
      this.#running--;
    }
    return record;
  }

  /** What an earlier process has begun. */
  async resume(): Promise<void> {
    for (const record of await this.services.store.cancellations.open()) {
      this.carryOut(record).catch((error: unknown) => this.services.onTrouble(error));
    }
  }

  async #page(filter: BulkFilter, cursor: string | null): Promise<{ runs: RunRecord[]; next: string | null }> {
    const { store } = this.services;
    const page = await store.runs.list({ functionId: filter.functionId, open: true }, pageSize, cursor);
    const runs: RunRecord[] = [];
    for (const run of page.items) if (run.cancel === null && (await this.#isMeant(run, filter))) runs.push(run);
    return { runs, next: page.next };
  }

  async #isMeant(run: RunRecord, { startedAfter, startedBefore, condition }: BulkFilter): Promise<boolean> {
    if (startedAfter !== null && run.createdAt < startedAfter) return false;
    if (startedBefore !== null && run.createdAt >= startedBefore) return false;
    if (condition === null) return true;
    const event = await this.services.store.events.get(run.eventId);
    return event !== null && this.services.holds(condition, readPayload(event));
  }
}
