import { throttleEndsAt, type ThrottleState } from "../../../engine/3-control/policies/throttle.js";
import type { Bucket } from "../../flow/flow-records.js";
import type { Database, SqlRow, Statement } from "../driver.js";
import { readNumber, readNumberOrNull, readText, readTextOrNull } from "../read-column.js";

interface Known {
  bucket: Bucket | null;
  isDirty: boolean;
}

const cacheLimit = 20_000;

/** Buckets by key, written back before the commit: one that many runs share changes many times in one. */
export class BucketRows {
  readonly #known = new Map<string, Known>();
  readonly #dirty = new Map<string, Known>();
  readonly #select: Statement;
  readonly #due: Statement;
  readonly #put: Statement;
  readonly #delete: Statement;
  readonly #sweep: Statement;

  constructor(database: Database) {
    this.#select = database.prepare("SELECT * FROM flow_buckets WHERE key = ?");
    this.#due = database.prepare("SELECT * FROM flow_buckets WHERE wake_at <= ? ORDER BY wake_at, key LIMIT ?");
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO flow_buckets (key, held, lim, queues, blocked, throttle, wake_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#delete = database.prepare("DELETE FROM flow_buckets WHERE key = ?");
    this.#sweep = database.prepare("DELETE FROM flow_buckets WHERE expires_at <= ?");
  }

  get(key: string): Bucket | null {
    const known = this.#known.get(key);
    if (known) return known.bucket;
    const row = this.#select.get([key]);
    const bucket = row ? toBucket(row) : null;
    this.#known.set(key, { bucket, isDirty: false });
    return bucket;
  }

  put(bucket: Bucket, now: number): void {
    const { key, held, queues, throttle } = bucket;
    const isEmpty = held === 0 && queues === 0 && (throttle === null || throttleEndsAt(throttle) <= now);
    const known = this.#known.get(key) ?? { bucket: null, isDirty: false };
    known.bucket = isEmpty ? null : bucket;
    this.#known.set(key, known);
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
      if (known.bucket) this.#put.run(toValues(known.bucket));
      else {
        this.#delete.run([key]);
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
  }

  settle(): void {
    if (this.#known.size > cacheLimit) this.#known.clear();
  }

  forget(): void {
    this.#known.clear();
    this.#dirty.clear();
  }
}

function toValues({ key, held, limit, queues, blocked, throttle, wakeAt }: Bucket): (string | number | null)[] {
  const expiresAt = throttle !== null && held === 0 && queues === 0 ? throttleEndsAt(throttle) : null;
  return [key, held, limit, queues, blocked, throttle && JSON.stringify(throttle), wakeAt, expiresAt];
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
