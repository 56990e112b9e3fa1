import type { Resolved } from "./jsonify.js";
import type { RunRollback } from "./rollback.js";
import type { RunStepOptions, RunStepOptionsOrId, StepOptionsOrId } from "./step-options.js";
import type { RaceBranches } from "./step-race.js";
import type { StepRunContext, StepTools } from "./step-tools.js";
import type { Synchronous, Transaction } from "./transaction.js";

/**
 * How results and inputs of steps and results of functions are kept. `json`: as JSON says them, the default. `rich`: `Date`,
 * `bigint`, `Map`, `Set`, `URL` and bytes (`Uint8Array`, of which `Buffer` is one) come back as what they were.
 */
export type Serialization = "json" | "rich";

/** Whether a function keeps rich values: its own option `S`, else that of its client. */
export type IsRich<ClientOptions, S> = S extends "rich"
  ? true
  : S extends "json"
    ? false
    : ClientOptions extends { readonly serialization: "rich" }
      ? true
      : false;

/** What a value is after it was kept as `rich`; `any` and `unknown` stay. */
export type Rich<T> = 0 extends 1 & T ? any : unknown extends T ? unknown : RichForm<T>;

type RichForm<T> = T extends string | number | boolean | bigint | null | Date | URL
  ? T
  : T extends Uint8Array
    ? Uint8Array
    : T extends NotKept
      ? never
      : T extends ReadonlyMap<infer K, infer V>
        ? Map<Rich<K>, Rich<V>>
        : T extends ReadonlySet<infer V>
          ? Set<Rich<V>>
          : T extends { toJSON(...args: never[]): infer J }
            ? Rich<J>
            : T extends readonly unknown[]
              ? { -readonly [I in keyof T]: RichElement<T[I]> }
              : { [K in keyof T as KeptKey<K, T[K]>]: Rich<Exclude<T[K], undefined>> };

// `Function` and not a call signature: classes and overloaded functions are meant too.
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type
type NotKept = Function | undefined | symbol;
type KeptKey<K, V> = K extends symbol ? never : [V] extends [NotKept] ? never : K;
type RichElement<T> = T extends NotKept ? null : Rich<T>;

/** `Rich` of what a callback or handler returned: no value at all comes back as null. */
export type RichResult<T> = 0 extends 1 & T
  ? any
  : unknown extends T
    ? unknown
    : T extends void | NotKept
      ? null
      : Rich<T>;

/** Marks the result of a function that keeps rich values. */
export interface RichReturn<R> {
  readonly "~rich": R;
}

interface RichRun {
  <T>(
    id: string | (RunStepOptions & Partial<RunRollback<T>>),
    fn: (context: StepRunContext) => T,
  ): Promise<RichResult<Resolved<T>>>;
  <A extends readonly unknown[], T>(
    id: RunStepOptionsOrId,
    fn: (...input: A) => T,
    ...input: A
  ): Promise<RichResult<Resolved<T>>>;
}

interface RichRace {
  <B extends RaceBranches>(
    id: StepOptionsOrId,
    branches: B,
  ): Promise<
    { [Name in keyof B & string]: { winner: Name; value: RichResult<Resolved<ReturnType<B[Name]>>> } }[keyof B & string]
  >;
}

interface RichTransaction {
  <T>(id: StepOptionsOrId, fn: (tx: Transaction) => T & Synchronous<T>): Promise<RichResult<T>>;
}

/** The steps of a function that keeps rich values. */
export interface RichSteps<Events> extends Omit<StepTools<Events>, "run" | "race" | "transaction"> {
  run: RichRun;
  race: RichRace;
  transaction: RichTransaction;
}
