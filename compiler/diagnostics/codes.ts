/**
 * The one table of diagnostic codes. A code is also the name of its rule (`3-check/rules/<code>.ts`), of its page
 * (`explain/<code>.md`) and of its fixture folder (`fixtures/reject/<code>`); `codes.test.ts` holds all four together.
 */
import type { Severity } from "./diagnostic.js";

interface CodeEntry {
  /** The worst it can be; a rule may report a milder case with a milder severity. */
  readonly severity: Severity;
  /** Names the fault in a few words, for lists and for SARIF. */
  readonly title: string;
}

export const diagnosticCodes = {
  "async-transaction": { severity: "error", title: "a transaction whose callback is asynchronous" },
  "conflicting-policies": { severity: "error", title: "policies that cannot be used together" },
  "constant-condition": { severity: "warning", title: "a condition with the same outcome for every event" },
  "cron-in-clock-change": { severity: "warning", title: "a schedule in an hour that a change of the clock skips" },
  "dead-setting": { severity: "warning", title: "a setting that can have no effect" },
  deadlock: { severity: "error", title: "a run that waits for a slot that it holds itself" },
  "duplicate-cron": { severity: "warning", title: "two schedules of one function with the same ticks" },
  "duplicate-function-id": { severity: "error", title: "two functions with one id" },
  "duplicate-step-id": { severity: "error", title: "a step id used twice in one function" },
  "event-cycle": { severity: "warning", title: "functions that start each other without end" },
  "inferred-event": { severity: "info", title: "an event whose type is only known from its senders" },
  "invalid-config-value": { severity: "error", title: "a configuration value outside its range" },
  "invalid-cron": { severity: "error", title: "a cron schedule that does not parse" },
  "invalid-duration": { severity: "error", title: "a duration that does not parse or is out of range" },
  "invalid-expression": { severity: "error", title: "an expression that does not parse or type-check" },
  "lost-race-work": { severity: "warning", title: "a race that drops the work of the losing steps" },
  "lost-retry-signal": { severity: "warning", title: "an error for the runtime that is caught on its way" },
  "missing-idempotency-key": { severity: "warning", title: "a retried call that does its work twice" },
  "nested-step": { severity: "error", title: "a step inside another step" },
  "nondeterministic-call": { severity: "warning", title: "a value outside a step that a replay does not repeat" },
  "opaque-definition": { severity: "info", title: "a definition that is only known at run time" },
  "orphan-event": { severity: "warning", title: "an event that only one side knows" },
  "outer-write-in-step": { severity: "warning", title: "a variable written in a step and read outside it" },
  "payload-mismatch": { severity: "error", title: "event data that does not fit the event's schema" },
  "reasonless-waiver": { severity: "warning", title: "a waiver without a reason" },
  "timeout-before-sleep": { severity: "warning", title: "a run that times out while it sleeps" },
  "unawaited-step": { severity: "error", title: "a step that nothing waits for" },
  "unbounded-step-result": { severity: "warning", title: "a step result that grows without limit" },
  "unknown-event": { severity: "error", title: "an event that is not declared" },
  "unsent-field": { severity: "warning", title: "a field that no sender gives" },
  "unserializable-event-data": { severity: "error", title: "event data that JSON cannot hold" },
  "unserializable-function-result": { severity: "error", title: "a function's result that JSON cannot hold" },
  "unserializable-step-result": { severity: "error", title: "a step result that JSON cannot hold" },
  "unused-waiver": { severity: "warning", title: "a waiver that waives nothing" },
  "wait-for-own-event": { severity: "warning", title: "a wait that ends with its time-out" },
} as const satisfies Record<string, CodeEntry>;

export type DiagnosticCode = keyof typeof diagnosticCodes;

/** Whether a text from outside (a waiver, the command line) is one of the codes. */
export function isDiagnosticCode(text: string): text is DiagnosticCode {
  return Object.hasOwn(diagnosticCodes, text);
}

/** All codes in alphabetical order. */
export function listDiagnosticCodes(): DiagnosticCode[] {
  return Object.keys(diagnosticCodes).filter(isDiagnosticCode).sort();
}
