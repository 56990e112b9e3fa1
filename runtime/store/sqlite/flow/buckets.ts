import { throttleEndsAt } from "../../../engine/3-control/policies/throttle.js";
import { emptyBucket, type Bucket } from "../../flow/flow-records.js";
import { Table, type UndoLog } from "../../undo-log.js";
import type { Database } from "../driver.js";
import { FirstOf } from "./first-of.js";
import { ThrottleRows } from "./throttle-rows.js";

/** So many throttles that nobody waits for stay in memory. */
const mostIdle = 20_000;

/**
 * Buckets by key. Slots and who waits are counted in memory, since the runs tell them; only what a throttle remembers has a row, written
 * once a commit. W7 asks for it.
 */
export class Buckets {
  readonly #buckets: Table<string, Bucket>;
  readonly #timed: FirstOf<Bucket>;
  readonly #times = {
    takeBack: (_key: string, before: Bucket): void => this.#timed.add(before.wakeAt ?? 0, before),
  };
  readonly #throttles: ThrottleRows;
  /** Those whose throttle has another state than its row. */
  readonly #dirty = new Set<string>();
  /** Those that have nothing but a throttle's state, or had. */
  readonly #idle = new Set<string>();

  constructor(
    database: Database,
    readonly undo: UndoLog,
  ) {
    this.#buckets = new Table(undo);
    this.#timed = new FirstOf<Bucket>(({ key, wakeAt }) => this.#buckets.get(key)?.wakeAt === wakeAt);
    this.#throttles = new ThrottleRows(database);
  }

  get(key: string): Bucket | null {
    return this.#buckets.get(key) ?? null;
  }

  /** One that may be remembered by its row alone. */
  throttled(key: string): Bucket | null {
    const known = this.#buckets.get(key);
    if (known) return known;
    const throttle = this.#throttles.get(key);
    return throttle && { ...emptyBucket(key), throttle };
  }

  values(): Iterable<Bucket> {
    return this.#buckets.values();
  }

  put(bucket: Bucket, now: number): void {
    const { key, held, queues, throttle, wakeAt } = bucket;
    const before = this.#buckets.get(key);
    const isIdle = held === 0 && queues === 0;
    if (isIdle && (throttle === null || throttleEndsAt(throttle) <= now)) this.#buckets.delete(key);
    else {
      this.#buckets.set(key, bucket);
      if (isIdle) this.#idle.add(key);
      if (wakeAt !== null && wakeAt !== before?.wakeAt) this.#timed.add(wakeAt, bucket);
    }
    if (throttle !== null && throttle !== before?.throttle) this.#dirty.add(key);
    if (before && before.wakeAt !== null) this.undo.record(this.#times, key, before);
  }

  /** When the first throttle lets its next one start. */
  get nextWakeAt(): number | null {
    return this.#timed.first()?.wakeAt ?? null;
  }

  /** Earliest first; the caller changes their `wakeAt`. */
  *due(now: number, limit: number): Generator<Bucket> {
    for (let count = 0; count < limit; count++) {
      const first = this.#timed.first();
      const bucket = first && this.#buckets.get(first.key);
      if (!bucket || bucket.wakeAt === null || bucket.wakeAt > now) return;
      yield bucket;
    }
  }

  flush(): void {
    if (this.#dirty.size === 0) return;
    for (const key of this.#dirty) {
      const throttle = this.#buckets.get(key)?.throttle;
      if (throttle) this.#throttles.put(key, throttle);
    }
    this.#dirty.clear();
  }

  /** Forgets those whose throttle has been worked off. */
  sweep(now: number): void {
    this.flush();
    this.#throttles.sweep(now);
    for (const key of this.#idle) {
      const bucket = this.#buckets.get(key);
      if (bucket && isIdle(bucket) && bucket.throttle && throttleEndsAt(bucket.throttle) <= now)
        this.#buckets.delete(key);
    }
    this.#idle.clear();
    for (const bucket of this.#buckets.values()) if (isIdle(bucket)) this.#idle.add(bucket.key);
  }

  settle(): void {
    this.#throttles.settle();
    if (this.#idle.size <= mostIdle) return;
    for (const key of this.#idle) {
      const bucket = this.#buckets.get(key);
      if (bucket && isIdle(bucket)) this.#buckets.delete(key);
    }
    this.#idle.clear();
  }

  forget(): void {
    this.#dirty.clear();
    this.#throttles.forget();
  }
}

function isIdle({ held, queues }: Bucket): boolean {
  return held === 0 && queues === 0;
}
