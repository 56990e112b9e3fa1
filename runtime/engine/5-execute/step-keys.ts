/** The keys of a run's steps: the id, then `id:1`, `id:2`, … for its repeats; and which ids are in use at this moment. */
export class StepKeys {
  /** How often an id was used; a key that was given out counts as an id, too. */
  readonly #uses = new Map<string, number>();
  readonly #open = new Set<string>();

  isOpen(id: string): boolean {
    return this.#open.has(id);
  }

  has(key: string): boolean {
    return this.#uses.has(key);
  }

  /** The key for one more step of this id, which is open from now on. */
  next(id: string): string {
    this.#open.add(id);
    const uses = this.#uses.get(id);
    if (uses === undefined) {
      this.#uses.set(id, 1);
      return id;
    }
    let n = uses;
    let key = `${id}:${n}`;
    while (this.#uses.has(key)) key = `${id}:${++n}`;
    this.#uses.set(id, n + 1);
    this.#uses.set(key, 1);
    return key;
  }

  close(id: string): void {
    this.#open.delete(id);
  }
}
