/** What the checks of a configuration give back beside the configuration. */

/** Stands for a value that is only known when the program runs; what depends on it is left out without a problem. */
export const unknownValue: unique symbol = Symbol("unknown value");

export type ConfigPath = readonly (string | number)[];

/** Something wrong in a configuration. `message` says what, `help` what to do. */
export interface ConfigProblem {
  readonly code:
    "invalid-config-value" | "invalid-cron" | "invalid-duration" | "invalid-expression" | "conflicting-policies";
  /** An error cannot work; a warning works in another way than it reads. */
  readonly severity: "error" | "warning";
  /** From the function's configuration; triggers are under `triggers`. */
  readonly path: ConfigPath;
  readonly message: string;
  readonly help: string;
  /** Of an expression: the character at which it goes wrong, counted from 0. */
  readonly offset?: number;
}
