/** So many entries that no longer count are always tolerated. */
const slack = 64;

/**
 * Gives the first entry, by a number, that still counts. Entries are only added; one that no longer counts is dropped when it
 * comes first, so that a change costs nothing here. The same entry may be in it twice.
 */
export class FirstOf<T> {
  readonly #orders: number[] = [];
  readonly #entries: T[] = [];
  #tidyAt = slack;

  constructor(readonly counts: (entry: T) => boolean) {}

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  add(order: number, entry: T): void {
    if (this.#entries.length >= this.#tidyAt) this.#tidy();
    this.#orders.push(order);
    this.#entries.push(entry);
    this.#rise(this.#entries.length - 1);
  }

  /** It stays. Undefined where there is none. */
  first(): T | undefined {
    for (;;) {
      const entry = this.#entries[0];
      if (entry === undefined || this.counts(entry)) return entry;
      this.#removeFirst();
    }
  }

  #removeFirst(): void {
    const order = this.#orders.pop();
    const entry = this.#entries.pop();
    if (order === undefined || entry === undefined || this.#entries.length === 0) return;
    this.#orders[0] = order;
    this.#entries[0] = entry;
    this.#sink();
  }

  #rise(from: number): void {
    const orders = this.#orders;
    for (let at = from; at > 0;) {
      const above = (at - 1) >> 1;
      if (orders[above]! <= orders[at]!) return;
      this.#swap(at, above);
      at = above;
    }
  }

  #sink(): void {
    const orders = this.#orders;
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      if (left >= orders.length) return;
      const below = left + 1 < orders.length && orders[left + 1]! < orders[left]! ? left + 1 : left;
      if (orders[at]! <= orders[below]!) return;
      this.#swap(at, below);
      at = below;
    }
  }

  #swap(a: number, b: number): void {
    const [order, entry] = [this.#orders[a]!, this.#entries[a]!];
    this.#orders[a] = this.#orders[b]!;
    this.#entries[a] = this.#entries[b]!;
    this.#orders[b] = order;
    this.#entries[b] = entry;
  }

  /** Drops all that no longer count; those behind one that stays first would never go. */
  #tidy(): void {
    const kept = this.#entries.flatMap((entry, index) =>
      this.counts(entry) ? [[this.#orders[index]!, entry] as const] : [],
    );
    // In order is a heap.
    kept.sort(([a], [b]) => a - b);
    this.#orders.length = 0;
    this.#entries.length = 0;
    for (const [order, entry] of kept) {
      this.#orders.push(order);
      this.#entries.push(entry);
    }
    this.#tidyAt = slack + 2 * kept.length;
  }
}
