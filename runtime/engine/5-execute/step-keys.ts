/** The keys of a run's steps: the id, then `id:1`, `id:2`, … for its repeats. */
export class StepKeys {
  /** How often an id was used; a key that was given out counts as an id, too. */
  readonly #uses = new Map<string, number>();
  /** The key of the latest step of an id that was used more than once. */
  #latest: Map<string, string> | null = null;

  has(key: string): boolean {
    return this.#uses.has(key);
  }

  /** The key of the latest step of this id. */
  latest(id: string): string {
    return this.#latest?.get(id) ?? id;
  }

  /** The key for one more step of this id. */
  next(id: string): string {
    if (!this.#uses.has(id)) {
      this.#uses.set(id, 1);
      return id;
    }
    const n = this.#nextRepeat(id);
    const key = `${id}:${n}`;
    this.#uses.set(id, n + 1);
    this.#uses.set(key, 1);
    (this.#latest ??= new Map()).set(id, key);
    return key;
  }

  /** What `next` would give. */
  foresee(id: string): string {
    return this.#uses.has(id) ? `${id}:${this.#nextRepeat(id)}` : id;
  }

  #nextRepeat(id: string): number {
    let n = this.#uses.get(id) ?? 1;
    while (this.#uses.has(`${id}:${n}`)) n++;
    return n;
  }
}
