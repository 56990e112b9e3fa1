import type { Queue } from "../../flow/flow-records.js";
import { Table, type UndoLog } from "../../undo-log.js";
import { FirstOf } from "./first-of.js";

/**
 * The queues, and whose turn it is. In memory alone: what is in them is told by the runs, and nobody else can have the file open. Who
 * waited longest is first after a restart. W7 asks for it.
 */
export class Queues {
  readonly #queues: Table<number, Queue>;
  readonly #ready = new Map<string, FirstOf<Queue>>();
  /** By bucket, then by the limit that they have there: mostly it is the same for all. */
  readonly #blocked = new Map<string, Map<number, FirstOf<Queue>>>();
  readonly #turns: Table<string, number>;
  #lastTurn = 0;
  readonly #offers = {
    takeBack: (_n: number, before: Queue): void => this.#offer(before),
  };

  constructor(readonly undo: UndoLog) {
    this.#queues = new Table(undo);
    this.#turns = new Table(undo);
  }

  get(n: number): Queue | null {
    return this.#queues.get(n) ?? null;
  }

  values(): Iterable<Queue> {
    return this.#queues.values();
  }

  put(queue: Queue): void {
    const before = this.#queues.get(queue.n);
    this.#queues.set(queue.n, queue);
    this.#offer(queue);
    if (before) this.undo.record(this.#offers, queue.n, before);
  }

  resize(n: number, size: number): void {
    const queue = this.#queues.get(n);
    if (queue) this.#queues.set(n, { ...queue, size });
  }

  delete(n: number): void {
    const before = this.#queues.get(n);
    if (!before) return;
    this.#queues.delete(n);
    this.undo.record(this.#offers, n, before);
  }

  firstReady(functionId: string): Queue | null {
    const ready = this.#ready.get(functionId);
    const first = ready?.first();
    if (ready?.isEmpty) this.#ready.delete(functionId);
    return first ? this.get(first.n) : null;
  }

  readyFunctions(): string[] {
    const found: string[] = [];
    for (const functionId of this.#ready.keys()) if (this.firstReady(functionId)) found.push(functionId);
    return found;
  }

  get anyReady(): boolean {
    for (const functionId of this.#ready.keys()) if (this.firstReady(functionId)) return true;
    return false;
  }

  firstBlocked(bucket: string, held: number): Queue | null {
    const byLimit = this.#blocked.get(bucket);
    if (!byLimit) return null;
    let found: Queue | null = null;
    for (const [limit, queues] of byLimit) {
      if (limit <= held) continue;
      const first = queues.first();
      if (queues.isEmpty) byLimit.delete(limit);
      if (first && (!found || first.turn < found.turn)) found = first;
    }
    if (byLimit.size === 0) this.#blocked.delete(bucket);
    return found && this.get(found.n);
  }

  /** So many buckets are kept as ones that somebody waits for. */
  get waitedFor(): number {
    return this.#blocked.size;
  }

  /** Forgets the buckets that nobody waits for any more: the last who did has not looked again. */
  sweep(): void {
    for (const bucket of [...this.#blocked.keys()]) this.firstBlocked(bucket, -1);
  }

  nextTurn(): number {
    return ++this.#lastTurn;
  }
  turnOf(functionId: string): number {
    return this.#turns.get(functionId) ?? 0;
  }
  setTurn(functionId: string, turn: number): void {
    this.#turns.set(functionId, turn);
  }

  #offer(queue: Queue): void {
    const { functionId, blockedOn, blockedLimit, turn } = queue;
    if (blockedOn === null)
      return entryOf(this.#ready, functionId, () => new FirstOf<Queue>(this.#isAsOffered)).add(turn, queue);
    const byLimit = entryOf(this.#blocked, blockedOn, () => new Map<number, FirstOf<Queue>>());
    entryOf(byLimit, blockedLimit, () => new FirstOf<Queue>(this.#isAsOffered)).add(turn, queue);
  }

  /** Its size may be another. */
  readonly #isAsOffered = ({ n, turn, blockedOn, blockedLimit }: Queue): boolean => {
    const now = this.#queues.get(n);
    return now?.turn === turn && now.blockedOn === blockedOn && now.blockedLimit === blockedLimit;
  };
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
