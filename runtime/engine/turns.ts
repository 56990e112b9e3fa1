/** What wants to go on when the microtasks of the present turn have run. */
export interface Turning {
  onTurn(): void;
}

/**
 * Numbers the turns of the event loop in which results reach handlers. A handler gets one result a turn, in the order
 * of the journal, so that everything that the first sets off happens before the second: live and on replay alike.
 */
export class Turns {
  #number = 0;
  #next = new Set<Turning>();
  #scheduled = false;

  get number(): number {
    return this.#number;
  }

  /** A new turn has begun. */
  advance(): void {
    this.#number++;
  }

  later(who: Turning): void {
    this.#next.add(who);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#run);
  }

  get idle(): boolean {
    return this.#next.size === 0;
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    const now = this.#next;
    this.#next = new Set();
    this.#number++;
    for (const who of now) who.onTurn();
  };
}
