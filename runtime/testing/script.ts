import { TestKitError } from "./test-kit-error.js";

/** What a scripted step or function is asked with. */
export interface ScriptCall<Input extends readonly unknown[] = readonly unknown[]> {
  /** Failed attempts before this one; kept over crashes. */
  readonly attempt: number;
  /** The step's recorded inputs, or `[event]` of a scripted function. */
  readonly input: Input;
}

type Outcome<R> =
  | { readonly kind: "value"; readonly make: (call: ScriptCall) => R | Promise<R> }
  | { readonly kind: "error"; readonly error: unknown };

/**
 * What a step or a function does instead of its own code. Outcomes are chosen by the number of the attempt, which is
 * durable: a crash does not use one up.
 *
 * @example
 * t.step("charge").failsTimes(2, new Error("busy")).returns({ id: "ch-1" });
 */
export class Script<R = unknown> {
  #failing = 0;
  #failure: unknown = null;
  #last: Outcome<R> | null = null;
  #optional = false;
  #used = false;

  /** `name` is what messages call it. */
  constructor(readonly name: string) {}

  /** Every attempt from here on gives this value. */
  returns(value: R): this {
    return this.#then({ kind: "value", make: () => value });
  }

  /** Every attempt from here on does this instead. */
  runs(fake: (call: ScriptCall) => R | Promise<R>): this {
    return this.#then({ kind: "value", make: fake });
  }

  /** Every attempt from here on throws: a step fails for good after its retries, with a NonRetriableError at once. */
  throws(error: unknown): this {
    return this.#then({ kind: "error", error });
  }

  /**
   * The first `times` attempts throw. Without `returns`, `runs` or `throws` after it the step's own code follows.
   *
   * @throws TestKitError `invalid-option`
   */
  failsTimes(times: number, error: unknown = new Error(`${this.name} fails as scripted`)): this {
    if (!Number.isInteger(times) || times < 1)
      throw new TestKitError("invalid-option", `\`failsTimes\` takes a number from 1 on, not ${times}`);
    this.#failing = times;
    this.#failure = error;
    return this;
  }

  /** The test may end without it having been used. */
  optional(): this {
    this.#optional = true;
    return this;
  }

  /** It was needed and has not been used. */
  get missed(): boolean {
    return !this.#used && !this.#optional;
  }

  /** Gives the outcome of one attempt; `real` is the code in whose place it stands. */
  play(call: ScriptCall, real: () => unknown): unknown {
    this.#used = true;
    if (call.attempt < this.#failing) throw this.#failure;
    if (this.#last === null) return real();
    if (this.#last.kind === "error") throw this.#last.error;
    return this.#last.make(call);
  }

  #then(outcome: Outcome<R>): this {
    this.#last = outcome;
    return this;
  }
}
