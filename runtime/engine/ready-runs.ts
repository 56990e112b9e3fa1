import type { LiveRuns } from "./live-runs.js";

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

  constructor(
    /** Called when there is something to begin. */
    readonly more: () => void,
    readonly live: LiveRuns,
  ) {}

  get canBegin(): boolean {
    return !this.empty && this.live.hasRoom;
  }

  get empty(): boolean {
    return this.#next >= this.#queue.length;
  }

  push(begin: () => void): void {
    this.#queue.push(begin);
    this.more();
  }

  begin(): void {
    const until = Math.min(this.#next + beginsPerCommit, this.#queue.length);
    while (this.#next < until && this.live.hasRoom) this.#queue[this.#next++]!();
    // Handlers that only wait make room for those that have something to do.
    if (!this.empty && !this.live.hasRoom) this.live.makeRoom(beginsPerCommit);
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
