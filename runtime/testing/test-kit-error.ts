/** Mistakes in the use of the test kit: stable code → what to do. */
const help = {
  "unused-script":
    "correct the step's id or the function's, or delete the script; `optional()` where it may stay unused",
  "no-outcome": "add `.returns(…)` or `.runs(…)` after `.failsTimes(…)`",
  "run-not-ended": "let time pass with `advance`, or send what it waits for",
  "run-not-completed": "look at the run's `error`, or expect the failure",
  "unknown-run": "`runs()` lists them",
  "unknown-function": "replay against the application that the run belongs to",
  "several-runs": "pass the run's id, or filter `runs()`",
  "test-ended": "start another environment",
  "invalid-option": "see the option's documentation",
  "invalid-history": "export the run again with this version: `stepwright runs export <id>`",
} as const satisfies Record<string, string>;

export type TestKitErrorCode = keyof typeof help;

/** The test kit was used wrongly, or something stayed unused. `code` is stable and `help` says what to do. */
export class TestKitError extends Error {
  override readonly name = "TestKitError";
  readonly help: string;

  constructor(
    readonly code: TestKitErrorCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`${detail} (${code}; ${help[code]})`, options);
    this.help = help[code];
  }
}
