/** A run as a file: what `stepwright runs export` writes and `replay` reads. */
import * as z from "zod";
import {
  type EventRecord,
  type FailedAttempt,
  isRunWatch,
  type JournalEntry,
  type RunRecord,
  type RunWatch,
  type StepKind,
  type WakeRecord,
} from "./records.js";
import type { RunSnapshot } from "./store.js";

/** Raised when a change makes older readers misunderstand a history. */
export const runHistoryVersion = 1;

const stepKinds = [
  "run",
  "sleep",
  "waitForEvent",
  "invoke",
  "sendEvent",
  "fetch",
  "waitForSignal",
  "sendSignal",
  "ai",
  "publish",
  "transaction",
  "race",
  "rollback",
] as const satisfies readonly StepKind[];

const failureSchema = z.strictObject({
  /** Zero-based. */
  attempt: z.number().int(),
  startedAt: z.number(),
  endedAt: z.number(),
  error: z.unknown(),
});

/** Times are milliseconds since 1970. */
export const runHistorySchema = z.strictObject({
  format: z.literal("stepwright.run-history"),
  version: z.literal(runHistoryVersion),
  run: z.strictObject({
    id: z.string(),
    /** The full id: `<app>-<function>`. */
    functionId: z.string(),
    /** Of the code that the run was started with. */
    functionHash: z.string(),
    status: z.enum(["queued", "running", "waiting", "completed", "failed", "cancelled", "skipped"]),
    /** Failed attempts outside of steps. */
    attempt: z.number().int(),
    /** What they failed with. */
    failures: z.array(z.strictObject({ attempt: z.number().int(), at: z.number(), error: z.unknown() })).default([]),
    parent: z.strictObject({ runId: z.string(), stepKey: z.string() }).nullable(),
    createdAt: z.number(),
    startedAt: z.number().nullable(),
    endedAt: z.number().nullable(),
    /** The result, the serialised error or the reason, by `status`; null while the run is open. */
    output: z.unknown(),
  }),
  events: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      key: z.string().nullable(),
      data: z.unknown(),
      /** `user`, `v` and `meta`, where the sender gave them. */
      extra: z.unknown(),
      ts: z.number(),
      receivedAt: z.number(),
    }),
  ),
  /** The settled steps in the order of their commits, which is that of a replay. */
  steps: z.array(
    z.strictObject({
      key: z.string(),
      kind: z.enum(stepKinds),
      name: z.string().nullable(),
      status: z.enum(["completed", "failed"]),
      /** What holds values that JSON cannot say, in the form of `{"$date": …}`. */
      rich: z.array(z.enum(["input", "output"])).optional(),
      /** The inputs that were passed with it. */
      input: z.unknown().optional(),
      output: z.unknown(),
      attempt: z.number().int(),
      failures: z.array(failureSchema),
      startedAt: z.number(),
      endedAt: z.number(),
    }),
  ),
  /** The steps that had not settled. */
  waits: z.array(
    z.strictObject({
      key: z.string(),
      kind: z.enum(["sleep", "retry", "event", "run", "signal"]),
      name: z.string().nullable(),
      dueAt: z.number().nullable(),
    }),
  ),
});

/** One exported run. */
export type RunHistory = z.infer<typeof runHistorySchema>;

/** Makes a file's content of what the store has of a run. */
export function exportRun({ run, events, journal, wakes }: RunSnapshot): RunHistory {
  return {
    format: "stepwright.run-history",
    version: runHistoryVersion,
    run: describeRun(run),
    events: events.map(describeEvent),
    steps: journal.map(describeStep),
    waits: wakes.flatMap((wake) => (isRunWatch(wake) ? [] : [describeWait(wake)])),
  };
}

function describeRun(run: RunRecord): RunHistory["run"] {
  return {
    id: run.id,
    functionId: run.functionId,
    functionHash: run.functionHash,
    status: run.status,
    attempt: run.attempt,
    failures: (run.failures ?? []).map(({ attempt, at, error }) => ({ attempt, at, error: parseText(error) })),
    parent: run.parent && { runId: run.parent.runId, stepKey: run.parent.stepKey },
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    output: run.output === null ? null : parseText(run.output),
  };
}

function describeEvent(event: EventRecord): RunHistory["events"][number] {
  return {
    id: event.id,
    name: event.name,
    key: event.key,
    data: parseText(event.data),
    extra: event.extra === null ? null : parseText(event.extra),
    ts: event.ts,
    receivedAt: event.receivedAt,
  };
}

function describeStep(step: JournalEntry): RunHistory["steps"][number] {
  return {
    key: step.key,
    kind: step.kind,
    name: step.name,
    status: step.status,
    ...markRich(step),
    ...(step.input !== undefined && { input: parseText(step.input) }),
    output: parseText(step.output),
    attempt: step.attempt,
    failures: step.failures.map(describeFailure),
    startedAt: step.startedAt,
    endedAt: step.endedAt,
  };
}

/** Such texts begin with a space, which parsing them loses. */
function markRich({ input, output }: JournalEntry): Pick<RunHistory["steps"][number], "rich"> {
  const rich: ("input" | "output")[] = [];
  if (input?.startsWith(" ")) rich.push("input");
  if (output.startsWith(" ")) rich.push("output");
  return rich.length === 0 ? {} : { rich };
}

function describeFailure({ attempt, startedAt, endedAt, error }: FailedAttempt): z.infer<typeof failureSchema> {
  return { attempt, startedAt, endedAt, error: parseText(error) };
}

function describeWait({ stepKey, kind, name, dueAt }: Exclude<WakeRecord, RunWatch>): RunHistory["waits"][number] {
  return { key: stepKey, kind, name, dueAt };
}

/** A reason is written by people. */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
