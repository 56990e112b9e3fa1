import type { FailedAttempt, JournalEntry, StepRecord } from "../records.js";
import type { SqlRow } from "./driver.js";
import { readNumber, readText, readTextOrNull } from "./read-column.js";
import { decodeStep } from "./status-codes.js";

/** What most steps do not have. */
interface StepRest {
  readonly name?: string;
  readonly attempt?: number;
  readonly failures?: readonly FailedAttempt[];
  readonly rollback?: true;
  readonly input?: string;
}

export const selectSteps =
  "SELECT key, seq, what, started_at, ended_at, output, rest FROM steps WHERE run = ? ORDER BY seq";

export function encodeStepRest(step: StepRecord): string | null {
  const plain = step.name === null && step.attempt === 0 && step.failures.length === 0;
  if (plain && !step.rollback && step.input === undefined) return null;
  const rest: StepRest = {
    ...(step.name === null ? {} : { name: step.name }),
    ...(step.attempt === 0 ? {} : { attempt: step.attempt }),
    ...(step.failures.length === 0 ? {} : { failures: step.failures }),
    ...(step.rollback ? { rollback: true as const } : {}),
    ...(step.input === undefined ? {} : { input: step.input }),
  };
  return JSON.stringify(rest);
}

export function toJournalEntry(row: SqlRow, runId: string): JournalEntry {
  const restText = readTextOrNull(row, "rest");
  // Written by encodeStepRest.
  const rest: StepRest = restText === null ? {} : (JSON.parse(restText) as StepRest);
  return {
    runId,
    key: readText(row, "key"),
    ...decodeStep(readNumber(row, "what")),
    name: rest.name ?? null,
    output: readText(row, "output"),
    attempt: rest.attempt ?? 0,
    failures: rest.failures ?? [],
    startedAt: readNumber(row, "started_at"),
    endedAt: readNumber(row, "ended_at"),
    seq: readNumber(row, "seq"),
    ...(rest.rollback && { rollback: true as const }),
    ...(rest.input !== undefined && { input: rest.input }),
  };
}
