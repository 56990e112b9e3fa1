import * as z from "zod";

import {
  type FailedAttempt,
  isRunWatch,
  type JournalEntry,
  type RunRecord,
  type RunWatch,
  type WakeRecord,
} from "../store/records.js";
import { parseStored } from "./parse-stored.js";

const failedAttemptSchema = z.strictObject({
  /** Zero-based. */
  attempt: z.number().int(),
  startedAt: z.number(),
  endedAt: z.number(),
  error: z.unknown(),
});

/** One step of a run, settled or not. Times are milliseconds since 1970. */
export const timelineStepSchema = z.strictObject({
  /** The step's id, with `:n` for its n-th repeat. */
  id: z.string(),
  /** What a person reads; the id where no name was given. */
  name: z.string(),
  /** The tool: `run`, `sleep`, `waitForEvent`, … */
  tool: z.string(),
  /** `retrying`: failed, and tried again at `waitsFor.until`. `waiting`: asleep, or for something else to happen. */
  status: z.enum(["completed", "failed", "retrying", "waiting"]),
  /** The attempt that settled it, or the next one. */
  attempt: z.number().int(),
  /** The attempts that failed before. */
  failures: z.array(failedAttemptSchema),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  /** The inputs that were passed with it; null when there were none. */
  input: z.array(z.unknown()).nullable(),
  /** Of a completed step. */
  output: z.unknown(),
  /** Of a failed step. */
  error: z.unknown(),
  waitsFor: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("time"), until: z.number() }),
      z.strictObject({ kind: z.literal("retry"), until: z.number() }),
      z.strictObject({
        kind: z.literal("event"),
        event: z.string(),
        /** What the event must have; null when any of that name will do. */
        match: z.string().nullable(),
        condition: z.string().nullable(),
        until: z.number().nullable(),
      }),
      z.strictObject({ kind: z.literal("run"), runId: z.string(), until: z.number().nullable() }),
      z.strictObject({ kind: z.literal("signal"), signal: z.string(), until: z.number().nullable() }),
    ])
    .nullable(),
});
export type TimelineStep = z.infer<typeof timelineStepSchema>;

/** What a run has done, in the order of commits, and then what it waits for. */
export function makeTimeline(snapshot: {
  readonly run: RunRecord;
  readonly journal: readonly JournalEntry[];
  readonly wakes: readonly WakeRecord[];
}): TimelineStep[] {
  return [
    ...snapshot.journal.map(describeSettled),
    ...snapshot.wakes.flatMap((wake) => (isRunWatch(wake) ? [] : [describeWaiting(wake)])),
  ];
}

function describeSettled(step: JournalEntry): TimelineStep {
  const value = parseStored(step.output);
  return {
    id: step.key,
    name: step.name ?? step.key,
    tool: step.kind,
    status: step.status,
    attempt: step.attempt,
    failures: step.failures.map(describeFailure),
    startedAt: step.startedAt,
    endedAt: step.endedAt,
    input: readInput(step),
    output: step.status === "completed" ? value : null,
    error: step.status === "failed" ? value : null,
    waitsFor: null,
  };
}

/** What a step waits for; what watches the whole run belongs to no step. */
type StepWake = Exclude<WakeRecord, RunWatch>;

function describeWaiting(wake: StepWake): TimelineStep {
  const failures = wake.kind === "retry" ? wake.failures : [];
  return {
    id: wake.stepKey,
    name: wake.name ?? wake.stepKey,
    tool: toolOfWake(wake),
    status: wake.kind === "retry" ? "retrying" : "waiting",
    attempt: failures.length,
    failures: failures.map(describeFailure),
    startedAt: failures[0]?.startedAt ?? wake.createdAt,
    endedAt: null,
    input: wake.kind === "retry" ? readInput(wake) : null,
    output: null,
    error: null,
    waitsFor: describeReason(wake),
  };
}

function toolOfWake(wake: StepWake): string {
  switch (wake.kind) {
    case "sleep":
      return "sleep";
    case "retry":
      return wake.step;
    case "event":
      return "waitForEvent";
    case "run":
      return "invoke";
    case "signal":
      return "waitForSignal";
  }
}

function describeReason(wake: StepWake): NonNullable<TimelineStep["waitsFor"]> {
  switch (wake.kind) {
    case "sleep":
      return { kind: "time", until: wake.dueAt };
    case "retry":
      return { kind: "retry", until: wake.dueAt };
    case "event":
      return {
        kind: "event",
        event: wake.event,
        match: wake.matchKey === "" ? null : wake.matchKey,
        condition: wake.condition,
        until: wake.dueAt,
      };
    case "run":
      return { kind: "run", runId: wake.childRunId, until: wake.dueAt };
    case "signal":
      return { kind: "signal", signal: wake.signal, until: wake.dueAt };
  }
}

function readInput({ input }: { readonly input?: string }): unknown[] | null {
  const value = input === undefined ? null : parseStored(input);
  return Array.isArray(value) ? value : null;
}

function describeFailure(failure: FailedAttempt): z.infer<typeof failedAttemptSchema> {
  return {
    attempt: failure.attempt,
    startedAt: failure.startedAt,
    endedAt: failure.endedAt,
    error: parseStored(failure.error),
  };
}
