import type { Queue } from "../../flow/flow-records.js";
import type { Database, SqlRow, Statement } from "../driver.js";
import type { Names } from "../names.js";
import { readNumber, readNumberOrNull } from "../read-column.js";
import { SeqCounter } from "../seq-counter.js";
import type { BucketRows } from "./bucket-rows.js";

/** 0 is no name: the plain queue. */
const plainQueue = 0;
const cacheLimit = 20_000;

/** Queues, and whose turn it is. */
export class QueueRows {
  readonly counter: SeqCounter;
  /** Null for one that is not there. */
  readonly #known = new Map<number, Queue | null>();
  /** Those whose row has another size. */
  readonly #resized = new Set<number>();
  readonly #turns = new Map<number, number>();
  readonly #dirtyTurns = new Set<number>();
  readonly #get: Statement;
  readonly #put: Statement;
  readonly #resize: Statement;
  readonly #delete: Statement;
  readonly #ready: Statement;
  readonly #functions: Statement;
  readonly #blocked: Statement;
  readonly #turn: Statement;
  readonly #putTurn: Statement;

  constructor(
    database: Database,
    readonly names: Names,
    readonly buckets: BucketRows,
  ) {
    this.counter = new SeqCounter(database, "turn");
    this.#get = database.prepare("SELECT * FROM flow_queues WHERE n = ?");
    this.#put = database.prepare(
      `INSERT INTO flow_queues (n, function, turn, blocked_on, blocked_limit, size) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (n) DO UPDATE SET turn = excluded.turn, blocked_on = excluded.blocked_on,
       blocked_limit = excluded.blocked_limit, size = excluded.size`,
    );
    this.#resize = database.prepare("UPDATE flow_queues SET size = ? WHERE n = ?");
    this.#delete = database.prepare("DELETE FROM flow_queues WHERE n = ?");
    this.#ready = database.prepare(
      "SELECT * FROM flow_queues WHERE function = ? AND blocked_on IS NULL ORDER BY turn LIMIT 1",
    );
    // One step of an index for each function, however many queues there are.
    this.#functions = database.prepare(
      "SELECT min(function) AS next FROM flow_queues WHERE blocked_on IS NULL AND function > ?",
    );
    this.#blocked = database.prepare(
      "SELECT * FROM flow_queues WHERE blocked_on = ? AND blocked_limit > ? ORDER BY turn LIMIT 1",
    );
    this.#turn = database.prepare("SELECT turn FROM flow_turns WHERE function = ?");
    this.#putTurn = database.prepare("INSERT OR REPLACE INTO flow_turns (function, turn) VALUES (?, ?)");
  }

  get(n: number): Queue | null {
    const known = this.#known.get(n);
    if (known !== undefined) return known;
    return this.#learn(n, this.#get.get([n]));
  }

  /** At once: turn and block are looked up by indexes. */
  put(queue: Queue): void {
    const { n, functionId, turn, blockedOn, blockedLimit, size } = queue;
    const bucket = blockedOn === null ? null : this.buckets.numberOf(blockedOn);
    this.#put.run([n, this.names.intern(functionId), turn, bucket, blockedLimit, size]);
    this.#known.set(n, queue);
    this.#resized.delete(n);
  }

  resize(n: number, size: number): void {
    const queue = this.get(n);
    if (!queue) return;
    this.#known.set(n, { ...queue, size });
    this.#resized.add(n);
  }

  delete(n: number): void {
    this.#delete.run([n]);
    this.#known.set(n, null);
    this.#resized.delete(n);
  }

  firstReady(functionId: string): Queue | null {
    return this.#found(this.#ready.get([this.names.intern(functionId)]));
  }

  firstBlocked(bucket: string, held: number): Queue | null {
    return this.#found(this.#blocked.get([this.buckets.numberOf(bucket), held]));
  }

  readyFunctions(): string[] {
    const found: string[] = [];
    for (let last = plainQueue; ;) {
      const next = this.#functions.get([last])?.["next"];
      if (typeof next !== "number") return found;
      found.push(this.names.textOf(next));
      last = next;
    }
  }

  turnOf(functionId: string): number {
    const n = this.#numberOf(functionId);
    const known = this.#turns.get(n);
    if (known !== undefined) return known;
    const row = this.#turn.get([n]);
    const turn = row ? readNumber(row, "turn") : 0;
    this.#turns.set(n, turn);
    return turn;
  }

  setTurn(functionId: string, turn: number): void {
    const n = this.#numberOf(functionId);
    this.#turns.set(n, turn);
    this.#dirtyTurns.add(n);
  }

  flush(): void {
    for (const n of this.#resized) this.#resize.run([this.#known.get(n)?.size ?? 0, n]);
    this.#resized.clear();
    if (this.#dirtyTurns.size === 0) return;
    for (const n of this.#dirtyTurns) this.#putTurn.run([n, this.#turns.get(n) ?? 0]);
    this.#dirtyTurns.clear();
  }

  settle(): void {
    if (this.#known.size > cacheLimit) this.#known.clear();
  }

  forget(): void {
    this.#known.clear();
    this.#resized.clear();
    this.#turns.clear();
    this.#dirtyTurns.clear();
    this.counter.forget();
  }

  #numberOf(functionId: string): number {
    return functionId === "" ? plainQueue : this.names.intern(functionId);
  }

  /** The size in memory is newer than that of the row. */
  #found(row: SqlRow | undefined): Queue | null {
    if (!row) return null;
    const n = readNumber(row, "n");
    return this.#known.get(n) ?? this.#learn(n, row);
  }

  #learn(n: number, row: SqlRow | undefined): Queue | null {
    const bucket = row ? readNumberOrNull(row, "blocked_on") : null;
    const blockedOn = bucket === null ? null : this.buckets.keyOf(bucket);
    const queue = row ? toQueue(row, this.names, blockedOn) : null;
    this.#known.set(n, queue);
    return queue;
  }
}

/** `blockedOn`: the key of the bucket whose number the row has. */
export function toQueue(row: SqlRow, names: Names, blockedOn: string | null): Queue {
  return {
    n: readNumber(row, "n"),
    functionId: names.textOf(readNumber(row, "function")),
    turn: readNumber(row, "turn"),
    blockedOn,
    blockedLimit: readNumber(row, "blocked_limit"),
    size: readNumber(row, "size"),
  };
}
