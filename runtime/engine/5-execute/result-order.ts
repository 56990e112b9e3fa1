import type { JournalEntry } from "../../store/records.js";
import type { Clock } from "../clock.js";
import type { Turning, Turns } from "../turns.js";
import type { PendingStep } from "./pending-step.js";
import { Replay } from "./replay.js";

/** How long a handler may take between two steps before a replay that does not fit counts as a mismatch, in ms. */
const mismatchGraceMs = 1_000;

// Most runs are never replayed.
const emptyReplay = new Replay([]);

export interface ResultReceiver {
  /** False when nothing is given any more. */
  readonly receives: boolean;
  /** A step that the handler has asked for and has no result of. */
  pending(key: string): PendingStep | undefined;
  anyPending(): PendingStep | undefined;
  give(step: PendingStep): void;
  begin(step: PendingStep): void;
  /** The last recorded result is about to be given. */
  replayed(last: JournalEntry): void;
  /** Nothing is left to give. */
  given(): void;
  diverged(detail: string): void;
}

/**
 * Gives results to a handler one a turn, so that all that the first sets off happens before the second, live and on
 * replay alike: first the recorded ones in the order of the journal, then those that come. A step that the journal
 * does not know is held until the recorded results have been given.
 */
export class ResultOrder implements Turning {
  #replay: Replay;
  #held: PendingStep[] = [];
  #ready: PendingStep[] = [];
  #turn = -1;
  #cancelGrace: (() => void) | null = null;

  constructor(
    readonly turns: Turns,
    readonly clock: Clock,
    readonly receiver: ResultReceiver,
    journal: readonly JournalEntry[],
  ) {
    this.#replay = journal.length === 0 ? emptyReplay : new Replay(journal);
  }

  /** All recorded results have been given. */
  get replayed(): boolean {
    return this.#replay.done;
  }
  get empty(): boolean {
    return this.#replay.done && this.#held.length === 0 && this.#ready.length === 0;
  }
  /** The journal does not fit so far; whether it will is decided in a while. */
  get inDoubt(): boolean {
    return this.#cancelGrace !== null;
  }

  recorded(key: string): JournalEntry | undefined {
    return this.#replay.done ? undefined : this.#replay.get(key);
  }

  /** The first recorded step that `asked` does not know. */
  firstNotAsked(asked: (key: string) => boolean): JournalEntry | null {
    return this.#replay.firstNotAsked(asked);
  }

  hold(step: PendingStep): void {
    this.#held.push(step);
    this.turns.later(this);
  }

  /** A step goes on waiting. When that is all the handler asks for, what the journal has next is missed. */
  keepWaiting(goOn: () => void): void {
    goOn();
    if (!this.#replay.done) this.turns.later(this);
  }

  recall(step: PendingStep, entry: JournalEntry): void {
    step.state = "recorded";
    step.settlement = entry;
    this.turns.later(this);
  }

  /** A step has ended that the handler will ask for later, as if it had been in the journal from the beginning. */
  record(entry: JournalEntry): void {
    if (this.#replay === emptyReplay) this.#replay = new Replay([]);
    this.#replay.add(entry);
  }

  deliver(step: PendingStep): void {
    if (this.#turn === this.turns.number || !this.empty) {
      this.#ready.push(step);
      this.turns.later(this);
      return;
    }
    this.#turn = this.turns.number;
    this.receiver.give(step);
    this.receiver.given();
  }

  onTurn(): void {
    if (!this.receiver.receives) return;
    this.#turn = this.turns.number;
    const entry = this.#replay.current;
    if (entry) this.#giveRecorded(entry);
    else if (this.#held.length > 0) this.#beginHeld();
    else this.#giveReady();
  }

  stop(): void {
    this.#cancelGrace?.();
    this.#cancelGrace = null;
  }

  #giveRecorded(entry: JournalEntry): void {
    const step = this.receiver.pending(entry.key);
    if (!step) return this.#expect(entry);
    this.stop();
    this.#replay.advance();
    if (this.#replay.done) this.receiver.replayed(entry);
    this.receiver.give(step);
    this.turns.later(this);
  }

  #beginHeld(): void {
    const held = this.#held;
    this.#held = [];
    for (const step of held) if (!step.cancelled) this.receiver.begin(step);
    if (this.#ready.length > 0) this.turns.later(this);
  }

  #giveReady(): void {
    const step = this.#ready.shift();
    if (step) this.receiver.give(step);
    if (this.#ready.length > 0) this.turns.later(this);
    else this.receiver.given();
  }

  /** The journal has `entry` next, and the handler has not asked for it: it may be busy between two steps. */
  #expect(entry: JournalEntry): void {
    if (this.#cancelGrace || !this.receiver.anyPending()) return;
    this.#cancelGrace = this.clock.after(mismatchGraceMs, () => {
      this.#cancelGrace = null;
      if (!this.receiver.receives) return;
      if (this.#replay.current !== entry || this.receiver.pending(entry.key)) return this.turns.later(this);
      const asked = this.#held[0] ?? this.receiver.anyPending();
      const found = asked ? `asked for \`${asked.key}\`` : "asked for nothing";
      this.receiver.diverged(`the journal has step \`${entry.key}\` next, the handler ${found}`);
    });
  }
}
