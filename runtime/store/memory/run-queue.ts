import type { Undoable, UndoLog } from "../undo-log.js";

interface Place {
  readonly queueAt: number;
  readonly place: number;
  readonly runId: string;
}

/** Claimable runs in the order of (queueAt, insertion). */
export class RunQueue implements Undoable<Place, boolean> {
  readonly #sorted: Place[] = [];

  constructor(readonly undo: UndoLog) {}

  first(): Place | undefined {
    return this.#sorted[0];
  }

  add(entry: Place): void {
    this.#insert(entry);
    this.undo.record(this, entry, false);
  }

  remove(entry: Place): void {
    this.#delete(entry);
    this.undo.record(this, entry, true);
  }

  takeBack(entry: Place, before: boolean): void {
    if (before) this.#insert(entry);
    else this.#delete(entry);
  }

  #insert(entry: Place): void {
    this.#sorted.splice(this.#indexOf(entry), 0, entry);
  }

  #delete(entry: Place): void {
    this.#sorted.splice(this.#indexOf(entry), 1);
  }

  due(now: number): Place[] {
    const end = this.#sorted.findIndex(({ queueAt }) => queueAt > now);
    return this.#sorted.slice(0, end === -1 ? undefined : end);
  }

  #indexOf(entry: Place): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#sorted[middle]!;
      if (other.queueAt < entry.queueAt || (other.queueAt === entry.queueAt && other.place < entry.place))
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
