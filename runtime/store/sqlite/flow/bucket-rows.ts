import { throttleEndsAt, type ThrottleState } from "../../../engine/3-control/policies/throttle.js";
import type { Bucket } from "../../flow/flow-records.js";
import type { Database, SqlRow, Statement } from "../driver.js";
import { readNumber, readNumberOrNull, readText, readTextOrNull } from "../read-column.js";

interface Known {
  bucket: Bucket | null;
  /** Of its row, which it keeps while anything is counted; 0 while it has none. */
  n: number;
  isDirty: boolean;
  isStored: boolean;
}

const cacheLimit = 20_000;

/** Buckets by key, written back before the commit: one that many runs share changes many times in one. */
export class BucketRows {
  readonly #known = new Map<string, Known>();
  readonly #keys = new Map<number, string>();
  readonly #dirty = new Map<string, Known>();
  readonly #select: Statement;
  readonly #due: Statement;
  readonly #selectKey: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #delete: Statement;
  readonly #sweep: Statement;
  #next: number;

  constructor(database: Database) {
    this.#select = database.prepare("SELECT * FROM flow_buckets WHERE key = ?");
    this.#due = database.prepare("SELECT * FROM flow_buckets WHERE wake_at <= ? ORDER BY wake_at, key LIMIT ?");
    this.#selectKey = database.prepare("SELECT key FROM flow_buckets WHERE n = ?");
    this.#insert = database.prepare(
      `INSERT INTO flow_buckets (held, lim, queues, blocked, throttle, wake_at, expires_at, n, key)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#update = database.prepare(
      `UPDATE flow_buckets SET held = ?, lim = ?, queues = ?, blocked = ?, throttle = ?, wake_at = ?, expires_at = ?
       WHERE n = ?`,
    );
    this.#delete = database.prepare("DELETE FROM flow_buckets WHERE n = ?");
    this.#sweep = database.prepare("DELETE FROM flow_buckets WHERE expires_at <= ?");
    const last = database.prepare("SELECT coalesce(max(n), 0) AS last FROM flow_buckets").get([]);
    this.#next = (last ? readNumber(last, "last") : 0) + 1;
  }

  get(key: string): Bucket | null {
    return this.#find(key).bucket;
  }

  /** The number that the bucket has, or will have. */
  numberOf(key: string): number {
    const known = this.#find(key);
    if (known.n === 0) {
      known.n = this.#next++;
      this.#keys.set(known.n, key);
    }
    return known.n;
  }

  keyOf(n: number): string {
    const known = this.#keys.get(n);
    if (known !== undefined) return known;
    const row = this.#selectKey.get([n]);
    if (!row) throw new Error(`internal error: there is no bucket ${n}`);
    const key = readText(row, "key");
    this.#keys.set(n, key);
    return key;
  }

  put(bucket: Bucket, now: number): void {
    const { key, held, queues, throttle } = bucket;
    const isEmpty = held === 0 && queues === 0 && (throttle === null || throttleEndsAt(throttle) <= now);
    const known = this.#find(key);
    known.bucket = isEmpty ? null : bucket;
    if (known.isDirty) return;
    known.isDirty = true;
    this.#dirty.set(key, known);
  }

  due(now: number, limit: number): Bucket[] {
    this.flush();
    return this.#due.all([now, limit]).map(toBucket);
  }

  flush(): void {
    if (this.#dirty.size === 0) return;
    for (const [key, known] of this.#dirty) {
      known.isDirty = false;
      if (known.bucket) {
        const n = this.numberOf(key);
        const values = toValues(known.bucket);
        values.push(n);
        if (known.isStored) this.#update.run(values);
        else {
          values.push(key);
          this.#insert.run(values);
          known.isStored = true;
        }
      } else {
        if (known.isStored) this.#delete.run([known.n]);
        this.#keys.delete(known.n);
        this.#known.delete(key);
      }
    }
    this.#dirty.clear();
  }

  /** Deletes those whose throttle has been worked off. */
  sweep(now: number): void {
    this.flush();
    this.#sweep.run([now]);
    this.#known.clear();
    this.#keys.clear();
  }

  settle(): void {
    if (this.#known.size <= cacheLimit && this.#keys.size <= cacheLimit) return;
    this.#known.clear();
    this.#keys.clear();
  }

  forget(): void {
    this.#known.clear();
    this.#keys.clear();
    this.#dirty.clear();
  }

  #find(key: string): Known {
    const known = this.#known.get(key);
    if (known) return known;
    const row = this.#select.get([key]);
    const n = row ? readNumber(row, "n") : 0;
    const found: Known = { bucket: row ? toBucket(row) : null, n, isDirty: false, isStored: row !== undefined };
    this.#known.set(key, found);
    if (row) this.#keys.set(n, key);
    return found;
  }
}

/** In the order of the statements, without number and key. */
function toValues({ held, limit, queues, blocked, throttle, wakeAt }: Bucket): (string | number | null)[] {
  const expiresAt = throttle !== null && held === 0 && queues === 0 ? throttleEndsAt(throttle) : null;
  return [held, limit, queues, blocked, throttle && JSON.stringify(throttle), wakeAt, expiresAt];
}

export function toBucket(row: SqlRow): Bucket {
  const throttle = readTextOrNull(row, "throttle");
  return {
    key: readText(row, "key"),
    held: readNumber(row, "held"),
    limit: readNumber(row, "lim"),
    queues: readNumber(row, "queues"),
    blocked: readNumber(row, "blocked"),
    // Written by toValues.
    throttle: throttle === null ? null : (JSON.parse(throttle) as ThrottleState),
    wakeAt: readNumberOrNull(row, "wake_at"),
  };
}
