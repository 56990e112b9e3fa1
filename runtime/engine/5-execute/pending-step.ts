import { StepError } from "../../define/errors.js";
import type { FailedAttempt, StepKind, StepRecord, WakeRecord } from "../../store/records.js";
import { readJson } from "../json.js";
import { readRace } from "./steps/race-step.js";
import type { RaceScope } from "./race.js";
import type { StepOp } from "../../transport/step-op.js";

/**
 * `held`: new, while recorded results are still being given out. `recorded`: its result is in the journal, its turn has
 * not come. `executing`: its body runs or its result is being stored. `waiting`: it has a wake. `settled`: the handler has its result.
 */
export type StepState = "held" | "recorded" | "executing" | "waiting" | "settled";

/** How a step ended: JSON text of the result, or of the error. */
export interface Settlement {
  readonly status: StepRecord["status"];
  readonly output: string;
}

/** A step that the handler has asked for and has no result of yet. */
export class PendingStep {
  state: StepState = "held";
  settlement: Settlement | null = null;
  failures: readonly FailedAttempt[] = [];
  /** JSON text of the inputs, as they are recorded; null when there are none. */
  input: string | null = null;
  wake: WakeRecord | null = null;
  /** The wake is in the store, or on its way there. */
  wakeStored = false;
  startedAt = 0;
  /** Of the attempt that is executing. */
  attemptAt = 0;
  /** When that attempt has taken too long; null while none may. */
  deadline: number | null = null;
  /** Its end has been handed to the store. */
  submitted = false;
  /** It lost a race: nothing about it is stored any more, and nobody gets its result. */
  cancelled = false;
  /** Called when its body ends, where it lost a race and still counts under a limit. */
  bodyEnded: (() => void) | null = null;
  /** Of a race. */
  branches: readonly RaceScope[] | null = null;
  #controller: AbortController | null = null;
  cancelTimer: (() => void) | null = null;
  resolve!: (value: unknown) => void;
  reject!: (error: Error) => void;
  readonly promise: Promise<unknown>;

  constructor(
    readonly key: string,
    readonly op: StepOp,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Whether what the given attempt comes to still counts. */
  awaits(attempt: number): boolean {
    return !this.submitted && !this.cancelled && this.settlement === null && this.failures.length === attempt;
  }

  /** Aborted when the present attempt is given up. Made only when somebody asks. */
  get abortion(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** The present attempt is given up. */
  abort(reason: Error): void {
    this.#controller?.abort(reason);
    this.#controller = null;
    this.deadline = null;
  }

  /** It lost a race. */
  cancel(): void {
    this.cancelled = true;
    this.stopTimer();
    this.abort(new Error("another branch of the race has won"));
  }

  get kind(): StepKind {
    return this.op.kind === "rollbackTransaction" ? "rollback" : this.op.kind;
  }

  /** The journal row. */
  record(runId: string, settlement: Settlement, endedAt: number): StepRecord {
    return {
      runId,
      key: this.key,
      kind: this.kind,
      name: this.op.name,
      status: settlement.status,
      output: settlement.output,
      attempt: settlement.status === "failed" ? Math.max(0, this.failures.length - 1) : this.failures.length,
      failures: this.failures,
      startedAt: this.startedAt,
      endedAt,
      ...(this.input !== null && { input: this.input }),
      ...(this.op.rollback && { rollback: true }),
    };
  }

  stopTimer(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  /** The handler gets the result. */
  hand({ status, output }: Settlement): void {
    this.state = "settled";
    this.stopTimer();
    if (status === "failed") {
      this.reject(new StepError(this.op.id, JSON.parse(output)));
    } else if (this.op.kind === "sleep") this.resolve(undefined);
    else this.resolve(this.op.kind === "race" ? readRace(output) : readJson(output));
  }
}
