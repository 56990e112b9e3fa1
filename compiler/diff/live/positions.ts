import type { RecordedStep } from "./run-in-flight.js";
import { Rests, type GraphStep, type Rest } from "./rest.js";
import { matchStep } from "./match-step.js";

/** A position after one recorded step. `sure`: the handler is there for certain, and not only perhaps. */
interface Move {
  readonly rest: Rest;
  readonly sure: boolean;
}

/** More possible positions than these are not told apart: then nothing is said about the run. */
const mostPositions = 500;

/**
 * The places where a handler can be after a part of a journal, as a set: each branch may have been taken or not, each
 * loop may have turned any number of times. A position is the part of the graph that is still to come.
 */
export class Positions {
  readonly #rests: Rests;
  #now: ReadonlyMap<Rest, boolean>;
  #seen = new Set<string>();
  /** Everything that follows is uncertain, whatever the graph says. */
  #doubted = false;

  constructor(
    rests: Rests,
    start: Rest,
    /** The handler may return where the graph does not show it. */
    readonly mayEndEarly: boolean,
  ) {
    this.#rests = rests;
    this.#now = new Map([[start, true]]);
  }

  get sure(): boolean {
    return !this.#doubted && [...this.#now.values()].some((sure) => sure);
  }

  doubt(): void {
    this.#doubted = true;
  }

  /** Takes one recorded step. False when no position has it next; then they stay as they were. */
  take(step: RecordedStep): boolean {
    const next = new Map<Rest, boolean>();
    for (const [rest, sure] of this.#now) {
      for (const move of this.#moves(rest, step)) {
        next.set(move.rest, (sure && move.sure) || next.get(move.rest) === true);
      }
    }
    if (next.size === 0) return false;
    if (next.size > mostPositions) throw new TooManyPositions();
    this.#now = next;
    this.#seen.add(step.key);
    return true;
  }

  /** Whether the handler will ask for the step without any other having ended before. */
  asks(step: RecordedStep): "yes" | "perhaps" | "no" {
    const moves = [...this.#now].flatMap(([rest, sure]) =>
      this.#moves(rest, step).map((move) => sure && move.sure && !this.#doubted),
    );
    return moves.length === 0 ? "no" : moves.includes(true) ? "yes" : "perhaps";
  }

  /** A step that the handler may be waiting for now. */
  get next(): GraphStep | null {
    for (const rest of this.#now.keys()) {
      const step = firstStep(rest);
      if (step) return step;
    }
    return null;
  }

  #moves(rest: Rest, entry: RecordedStep): Move[] {
    switch (rest.kind) {
      case "end":
        return [];
      case "step":
        return this.#stepMoves(rest, entry);
      case "sequence": {
        const moves = this.#moves(rest.head, entry).map((move) => ({
          rest: this.#rests.sequence(move.rest, rest.tail),
          sure: move.sure,
        }));
        const past = this.#pass(rest.head);
        if (past === null) return moves;
        const left = this.#leftover(rest.head);
        const after = this.#moves(rest.tail, entry).map((move) => ({
          rest: left === null ? move.rest : this.#rests.apart(left, move.rest),
          sure: move.sure && past,
        }));
        return [...moves, ...after];
      }
      case "all":
      case "first":
        return rest.parts.flatMap((part, index) =>
          this.#moves(part, entry).map((move) => {
            const parts = rest.parts.map((other, at) => (at === index ? move.rest : other));
            return { rest: this.#rests[rest.kind](parts), sure: move.sure };
          }),
        );
      case "apart":
        return [
          ...this.#moves(rest.part, entry).map((move) => ({
            rest: this.#rests.apart(move.rest, rest.rest),
            sure: move.sure,
          })),
          ...this.#moves(rest.rest, entry).map((move) => ({
            rest: this.#rests.apart(rest.part, move.rest),
            sure: move.sure,
          })),
        ];
      case "choice":
        return rest.arms.flatMap((arm) =>
          this.#moves(arm, entry).map((move) => ({ rest: move.rest, sure: move.sure && rest.known })),
        );
      case "repeat":
        return this.#moves(rest.turn, entry).map((move) => ({
          rest: rest.concurrent ? this.#rests.all([move.rest, rest]) : this.#rests.sequence(move.rest, rest),
          sure: move.sure && rest.known,
        }));
    }
  }

  #stepMoves({ step, loose }: Rest & { kind: "step" }, entry: RecordedStep): Move[] {
    const match = matchStep(step, entry, this.#seen);
    if (match === "no") return [];
    const certain = match === "yes" && !loose && step.reached === undefined && !this.mayEndEarly;
    // What was recorded as failed went on somewhere else than the graph says.
    return [{ rest: this.#rests.end, sure: this.#rests.isKnown(step) || (certain && entry.status === "completed") }];
  }

  /** Whether what follows may come without any more of it: null when not; else whether that is certain. */
  #pass(rest: Rest): boolean | null {
    switch (rest.kind) {
      case "end":
        return true;
      case "step":
        return rest.loose ? rest.step.reached !== "apart" && this.#rests.isKnown(rest.step) : null;
      case "sequence":
        return both(this.#pass(rest.head), () => this.#pass(rest.tail));
      case "all":
        return rest.parts.reduce<boolean | null>((passed, part) => both(passed, () => this.#pass(part)), true);
      case "first": {
        const passes = rest.parts.map((part) => this.#pass(part)).filter((each) => each !== null);
        return passes.length === 0 ? null : rest.parts.some(({ kind }) => kind === "end") || passes.includes(true);
      }
      case "apart":
        return this.#pass(rest.rest);
      case "choice":
      case "repeat":
        return rest.known;
    }
  }

  /** What goes on beside what follows. */
  #leftover(rest: Rest): Rest | null {
    switch (rest.kind) {
      case "apart": {
        const more = this.#leftover(rest.rest);
        return more === null ? rest.part : this.#rests.all([rest.part, more]);
      }
      case "first":
        return this.#rests.all(rest.parts);
      case "all":
      case "sequence": {
        const parts = rest.kind === "all" ? rest.parts : [rest.head, rest.tail];
        const left = parts.flatMap((part) => this.#leftover(part) ?? []);
        return left.length === 0 ? null : this.#rests.all(left);
      }
      default:
        return null;
    }
  }
}

/** A graph in which a journal can have come about in too many ways. */
export class TooManyPositions extends Error {}

function both(left: boolean | null, right: () => boolean | null): boolean | null {
  if (left === null) return null;
  const other = right();
  return other === null ? null : left && other;
}

function firstStep(rest: Rest): GraphStep | null {
  switch (rest.kind) {
    case "end":
      return null;
    case "step":
      return rest.step;
    case "sequence":
      return firstStep(rest.head) ?? firstStep(rest.tail);
    case "all":
    case "first":
      return rest.parts.map(firstStep).find((step) => step !== null) ?? null;
    case "apart":
      return firstStep(rest.rest) ?? firstStep(rest.part);
    case "choice":
      return rest.arms.map(firstStep).find((step) => step !== null) ?? null;
    case "repeat":
      return firstStep(rest.turn);
  }
}
