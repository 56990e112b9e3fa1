/** Mistakes in the use of step tools: stable code → what to do. */
export const stepErrorHelp = {
  "invalid-step-id": 'give each step a non-empty text as id: `step.run("charge", …)`',
  "invalid-step-options": "see the step's documentation",
  "duplicate-step-id": "give the steps that run side by side different ids, for example with the loop's key in it",
  "nested-step": "call the inner step after the outer one, or make it a plain function call",
  "step-after-end": "await all steps before the handler returns",
  "unknown-variant":
    "let `select` give the name of one of the `variants`, and keep the variants that runs in flight have chosen",
  "variant-without-step": "do the variant's work in steps: what is outside of them is done again at each replay",
  "unsupported-step": "this version of the runtime does not have this step",
  "too-many-steps": "split the work over several functions with `step.invoke`, or raise the limit `stepsPerRun`",
  "step-result-too-large": "store the result elsewhere and return a reference to it",
  "run-too-large": "store the results elsewhere and return references to them",
  "step-not-serializable": "return what JSON can express: convert bigint values and break circular references",
  "async-transaction":
    "make the callback synchronous: do what takes time in a `step.run` before, and pass its result on",
  "transaction-too-long":
    "write less at a time, do the reckoning in a `step.run` before, or raise the limit `transactionMs`",
  "transaction-changes":
    "return less of what others change at the same time; without middleware that changes results the callback is called once",
  "rollback-not-found":
    "bring the step and its `rollback` back, or take back by hand what the step did: its result is in the run's journal",
  "step-timeout":
    "make the body end in time and heed its `signal`, or allow it more: `step.run({ id, timeout }, …)`, `timeouts.step`",
  "unhandled-rejection": "await the promise, or handle its rejection with `catch`",
  "invalid-message": "see what is wrong with topic or data above; the topic's schema says what its data is",
  "message-too-large": "store the large part elsewhere and publish where it is",
  "signal-taken":
    'wait for a signal with another name, one for each run, or take its place: `{ signal, timeout, onConflict: "replace" }`',
  nondeterminism:
    "bring back the code that the run was started with, or start the run again; what decides about steps has to come from events and steps",
} as const satisfies Record<string, string>;

export type StepErrorCode = keyof typeof stepErrorHelp;

/**
 * Trying again helps against none of them, so they bear the name of NonRetriableError; but for these. While a replay that
 * does not fit is tried again, the code that the run was started with can be brought back.
 */
const retriedNames: Partial<Record<StepErrorCode, string>> = {
  nondeterminism: "NondeterminismError",
  "step-timeout": "StepTimeoutError",
  "transaction-changes": "TransactionChangesError",
  "unhandled-rejection": "UnhandledRejectionError",
};

/** A step tool was used wrongly. `code` is stable and `help` says what to do. */
export class StepUseError extends Error {
  override readonly name: string;
  readonly help: string;

  constructor(
    readonly code: StepErrorCode,
    detail: string,
    help: string = stepErrorHelp[code],
    options?: ErrorOptions,
  ) {
    super(`${detail} (${code}; ${help})`, options);
    this.help = help;
    this.name = retriedNames[code] ?? "NonRetriableError";
  }
}

/** A promise that nobody awaits was rejected by the handler, or by the body of the step `inStep`. */
export function unawaitedRejection(reason: unknown, inStep: string | null): StepUseError {
  const where = inStep === null ? "" : ` in step \`${inStep}\``;
  const text = reason instanceof Error ? reason.message : String(reason);
  const detail = `a promise was rejected${where} and nobody awaits it: ${text}`;
  return new StepUseError("unhandled-rejection", detail, undefined, { cause: reason });
}
