import type { StepOp } from "../../transport/step-op.js";
import type { StepResult } from "./step-results.js";

/** A step that the handler has asked for in this request. */
export class FoundStep {
  readonly promise: Promise<unknown>;
  resolve!: (value: unknown) => void;
  reject!: (error: unknown) => void;
  /** The handler has its result. */
  given = false;
  /** The runtime knows of it, or will by this answer. */
  reported = false;

  constructor(
    readonly op: StepOp,
    /** The id, or that of a repeat: `id:1`. */
    readonly key: string,
    /** Of the key. */
    readonly hash: string,
    /** Counts the repeats of an id from 0. */
    readonly index: number,
    /** By the runtime, or in this request. */
    public recorded: StepResult | undefined,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A step that nobody awaits must not end the process.
    this.promise.catch(() => {});
  }

  /** In place of the input that the handler gives, where somebody has changed it. */
  get input(): unknown {
    return this.recorded?.type === "input" ? this.recorded.input : undefined;
  }

  get settled(): boolean {
    return this.recorded !== undefined && this.recorded.type !== "input";
  }
}
