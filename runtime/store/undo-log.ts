/** What has been done, so that it can be taken back. */
export class UndoLog {
  readonly #steps: (() => void)[] = [];

  record(takeBack: () => void): void {
    this.#steps.push(takeBack);
  }

  /** A place to which `rollBack` can return. */
  mark(): number {
    return this.#steps.length;
  }

  rollBack(mark: number): void {
    while (this.#steps.length > mark) this.#steps.pop()?.();
  }

  forget(): void {
    this.#steps.length = 0;
  }
}

/** A map whose changes can be taken back. */
export class Table<K, V> {
  readonly #rows = new Map<K, V>();

  constructor(readonly undo: UndoLog) {}

  get size(): number {
    return this.#rows.size;
  }

  get(key: K): V | undefined {
    return this.#rows.get(key);
  }

  has(key: K): boolean {
    return this.#rows.has(key);
  }

  set(key: K, row: V): void {
    const before = this.#rows.get(key);
    if (before === undefined) this.undo.record(() => this.#rows.delete(key));
    else this.undo.record(() => this.#rows.set(key, before));
    this.#rows.set(key, row);
  }

  delete(key: K): void {
    const before = this.#rows.get(key);
    if (before === undefined) return;
    this.undo.record(() => this.#rows.set(key, before));
    this.#rows.delete(key);
  }

  keys(): IterableIterator<K> {
    return this.#rows.keys();
  }

  values(): IterableIterator<V> {
    return this.#rows.values();
  }

  entries(): IterableIterator<[K, V]> {
    return this.#rows.entries();
  }
}

/** Many rows under one key, each under a name of its own. */
export class GroupedTable<K, N, V> {
  readonly #groups = new Map<K, Table<N, V>>();

  constructor(readonly undo: UndoLog) {}

  get(key: K, name: N): V | undefined {
    return this.#groups.get(key)?.get(name);
  }

  set(key: K, name: N, row: V): void {
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = new Table(this.undo)));
    group.set(name, row);
  }

  delete(key: K, name: N): void {
    this.#groups.get(key)?.delete(name);
  }

  count(key: K): number {
    return this.#groups.get(key)?.size ?? 0;
  }

  list(key: K): V[] {
    const group = this.#groups.get(key);
    return group ? [...group.values()] : [];
  }

  /** The names in one group. */
  names(key: K): N[] {
    const group = this.#groups.get(key);
    return group ? [...group.keys()] : [];
  }

  keys(): IterableIterator<K> {
    return this.#groups.keys();
  }
}
