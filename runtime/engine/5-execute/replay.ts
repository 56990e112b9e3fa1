import type { JournalEntry } from "../../store/records.js";

/** The recorded results of a run, to be given out in the order in which they were committed. */
export class Replay {
  readonly #byKey = new Map<string, JournalEntry>();
  readonly #order: JournalEntry[] = [];
  #next = 0;

  constructor(journal: readonly JournalEntry[]) {
    for (const entry of journal) this.add(entry);
  }

  add(entry: JournalEntry): void {
    if (this.#byKey.has(entry.key)) return;
    this.#byKey.set(entry.key, entry);
    this.#order.push(entry);
  }

  get(key: string): JournalEntry | undefined {
    return this.#byKey.get(key);
  }

  /** The result whose turn it is; null when all have been given out. */
  get current(): JournalEntry | null {
    return this.#order[this.#next] ?? null;
  }

  advance(): void {
    this.#next++;
  }

  get done(): boolean {
    return this.#next >= this.#order.length;
  }

  /** The first recorded step from here on that `asked` does not know. */
  firstNotAsked(asked: (key: string) => boolean): JournalEntry | null {
    for (let i = this.#next; i < this.#order.length; i++) {
      if (!asked(this.#order[i]!.key)) return this.#order[i]!;
    }
    return null;
  }
}
