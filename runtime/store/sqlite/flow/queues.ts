import type { Queue } from "../../flow/flow-records.js";
import { bucketOfTurn, turnAt } from "../../flow/slots.js";
import { Table, type UndoLog } from "../../undo-log.js";
import { FirstOf } from "./first-of.js";

/** Queues of one function that are blocked on one bucket, with the same limit there. */
interface BlockedQueues {
  readonly functionId: string;
  readonly limit: number;
  readonly queues: FirstOf<Queue>;
}

/**
 * The queues, and whose turn it is. In memory alone: what is in them is told by the runs, and nobody else can have the file open. Who
 * waited longest is first after a restart. W7 asks for it.
 */
export class Queues {
  readonly #queues: Table<number, Queue>;
  readonly #ready = new Map<string, FirstOf<Queue>>();
  /** By bucket, then by function and the limit that they have there: mostly there is one group alone. */
  readonly #blocked = new Map<string, BlockedQueues[]>();
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
    const groups = this.#blocked.get(bucket);
    if (!groups) return null;
    let found: Queue | null = null;
    let turn = 0;
    for (let at = groups.length - 1; at >= 0; at--) {
      const group = groups[at]!;
      if (group.limit <= held) continue;
      const first = group.queues.first();
      if (!first) {
        groups.splice(at, 1);
        continue;
      }
      const turnOf = groups.length === 1 ? 0 : this.turnOf(turnAt(bucket, group.functionId));
      if (found && (turnOf > turn || (turnOf === turn && first.turn > found.turn))) continue;
      [found, turn] = [first, turnOf];
    }
    if (groups.length === 0) this.#blocked.delete(bucket);
    return found && this.get(found.n);
  }

  /** So many buckets are kept as ones that somebody waits for. */
  get waitedFor(): number {
    return this.#blocked.size;
  }

  /** Forgets the buckets that nobody waits for any more: the last who did has not looked again. And whose turn it was there. */
  sweep(): void {
    for (const bucket of [...this.#blocked.keys()]) this.firstBlocked(bucket, -1);
    for (const name of [...this.#turns.keys()]) {
      const bucket = bucketOfTurn(name);
      if (bucket !== null && !this.#blocked.has(bucket)) this.#turns.delete(name);
    }
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
    const groups = entryOf(this.#blocked, blockedOn, (): BlockedQueues[] => []);
    for (const group of groups) {
      if (group.limit === blockedLimit && group.functionId === functionId) return group.queues.add(turn, queue);
    }
    const made = { functionId, limit: blockedLimit, queues: new FirstOf<Queue>(this.#isAsOffered) };
    made.queues.add(turn, queue);
    groups.push(made);
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
