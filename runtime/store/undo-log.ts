/** Something that can be taken back to what it was under a key. */
export interface Undoable<K = never, V = never> {
  takeBack(key: K, before: V): void;
}

/** What has been done, so that it can be taken back. No closures: W7 makes twenty entries a run. */
export class UndoLog {
  readonly #owners: Undoable[] = [];
  readonly #keys: unknown[] = [];
  readonly #befores: unknown[] = [];

  record<K, V>(owner: Undoable<K, V>, key: K, before: V): void {
    this.#owners.push(owner);
    this.#keys.push(key);
    this.#befores.push(before);
  }

  /** A place to which `rollBack` can return. */
  mark(): number {
    return this.#owners.length;
  }

  rollBack(mark: number): void {
    while (this.#owners.length > mark) {
      const [owner, key, before] = [this.#owners.pop(), this.#keys.pop(), this.#befores.pop()];
      // They were given together.
      owner?.takeBack(key as never, before as never);
    }
  }

  forget(): void {
    this.#owners.length = 0;
    this.#keys.length = 0;
    this.#befores.length = 0;
  }
}

/** A map whose changes can be taken back. */
export class Table<K, V> implements Undoable<K, V | undefined> {
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
    this.undo.record(this, key, this.#rows.get(key));
    this.#rows.set(key, row);
  }

  delete(key: K): void {
    const before = this.#rows.get(key);
    if (before === undefined) return;
    this.undo.record(this, key, before);
    this.#rows.delete(key);
  }

  /** `before` is undefined where there was no row. */
  takeBack(key: K, before: V | undefined): void {
    if (before === undefined) this.#rows.delete(key);
    else this.#rows.set(key, before);
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

/** Many rows under one key, each under a name of its own; a key without rows is not kept. */
export class GroupedTable<K, N, V> implements Undoable<K, Table<N, V> | undefined> {
  readonly #groups = new Map<K, Table<N, V>>();

  constructor(readonly undo: UndoLog) {}

  get(key: K, name: N): V | undefined {
    return this.#groups.get(key)?.get(name);
  }

  set(key: K, name: N, row: V): void {
    let group = this.#groups.get(key);
    if (!group) {
      this.undo.record(this, key, undefined);
      this.#groups.set(key, (group = new Table(this.undo)));
    }
    group.set(name, row);
  }

  delete(key: K, name: N): void {
    const group = this.#groups.get(key);
    if (!group) return;
    group.delete(name);
    if (group.size > 0) return;
    this.undo.record(this, key, group);
    this.#groups.delete(key);
  }

  /** `before` is undefined where there was no group. */
  takeBack(key: K, before: Table<N, V> | undefined): void {
    if (before === undefined) this.#groups.delete(key);
    else this.#groups.set(key, before);
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
