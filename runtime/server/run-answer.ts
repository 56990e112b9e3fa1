import * as z from "zod";

import type { RunRecord, RunStatus } from "../store/records.js";
import { parseStored } from "./parse-stored.js";

export const runStatusSchema = z.enum(["queued", "running", "waiting", "completed", "failed", "cancelled", "skipped"]);

/** How a run ended: one of the three is set by its status, the others are null. */
const endingShape = {
  /** Of a completed run: what the handler returned. */
  output: z.unknown(),
  /** Of a failed run: the serialised error, `{ name, message, stack?, cause? }`. */
  error: z.unknown(),
  /** Of a cancelled or skipped run. */
  reason: z.unknown(),
};

/** A run as `/v1/runs` shows it. Times are milliseconds since 1970. */
export const runAnswerSchema = z.strictObject({
  id: z.string(),
  /** The full id: `<app>-<function>`. */
  functionId: z.string(),
  status: runStatusSchema,
  /** The first of `eventIds`. */
  eventId: z.string(),
  eventIds: z.array(z.string()),
  /** The run whose `step.invoke` waits for this one. */
  parent: z.strictObject({ runId: z.string(), stepKey: z.string() }).nullable(),
  /** Failed attempts outside of steps so far. */
  attempt: z.number().int(),
  /** What they failed with. */
  failures: z.array(z.strictObject({ attempt: z.number().int(), at: z.number(), error: z.unknown() })),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  /** When it goes on by itself; null while it runs, when it has ended, or when only something else can wake it. */
  nextAt: z.number().nullable(),
  /** How it will end: not null while the rollbacks of its steps run. */
  endsAs: z.enum(["failed", "cancelled"]).nullable(),
  ...endingShape,
});
export type RunAnswer = z.infer<typeof runAnswerSchema>;

/** The answer of `/v1/runs/:id/result`: 200 when the run has ended, 202 when it has not ended within the wait. */
export const runResultAnswerSchema = z.strictObject({ runId: z.string(), status: runStatusSchema, ...endingShape });
export type RunResultAnswer = z.infer<typeof runResultAnswerSchema>;

export function answerRun(run: RunRecord): RunAnswer {
  return {
    id: run.id,
    functionId: run.functionId,
    status: run.status,
    eventId: run.eventId,
    eventIds: [...run.eventIds],
    parent: run.parent === null ? null : { runId: run.parent.runId, stepKey: run.parent.stepKey },
    attempt: run.attempt,
    failures: (run.failures ?? []).map(({ attempt, at, error }) => ({ attempt, at, error: parseStored(error) })),
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    nextAt: run.queueAt,
    endsAs: run.endedAt === null ? (run.ending?.status ?? null) : null,
    ...answerEnding(run.status, run.output),
  };
}

export function answerEnding(
  status: RunStatus,
  stored: string | null,
): { output: unknown; error: unknown; reason: unknown } {
  const value = stored === null ? null : parseStored(stored);
  return {
    output: status === "completed" ? value : null,
    error: status === "failed" ? value : null,
    reason: status === "cancelled" || status === "skipped" ? value : null,
  };
}
