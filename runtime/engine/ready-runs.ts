/**
 * So many handlers begin before each commit. All at once would be slower: what lives for the few commits that a short run takes
 * is copied by every collection of garbage on the way. 64 keeps a commit large (W1: four fifths of the writes are of
 * runs already begun) and the heap small.
 */
const beginsPerCommit = 64;

/** Runs that are leased and stored, and whose handlers begin in turn. */
export class ReadyRuns {
  #queue: (() => void)[] = [];
  #next = 0;

  /** `more` is called when there is something to begin. */
  constructor(readonly more: () => void) {}

  get empty(): boolean {
    return this.#next >= this.#queue.length;
  }

  push(begin: () => void): void {
    this.#queue.push(begin);
    this.more();
  }

  begin(): void {
    const until = Math.min(this.#next + beginsPerCommit, this.#queue.length);
    while (this.#next < until) this.#queue[this.#next++]!();
    if (this.empty) {
      this.#queue = [];
      this.#next = 0;
    }
  }

  clear(): void {
    this.#queue = [];
    this.#next = 0;
  }
}
