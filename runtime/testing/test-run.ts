import { type EventRecord, isRunWatch, type RunStatus, type RunWatch, type WakeRecord } from "../store/records.js";
import type { RunSnapshot } from "../store/store.js";
import { readPayload } from "../engine/event-record.js";
import type { Scripts } from "./scripts.js";

/** An event as a handler sees it. Times are milliseconds since 1970. */
export interface TestEvent {
  readonly id: string;
  readonly name: string;
  readonly data: any;
  readonly ts: number;
}

/** A settled step. */
export interface TestStep {
  /** The step's id, with `:n` for its n-th repeat. */
  readonly id: string;
  /** `run`, `sleep`, `waitForEvent`, `invoke`, … */
  readonly tool: string;
  readonly status: "completed" | "failed";
  /** How many attempts the journal knows: 1 when the first one succeeded. */
  readonly attempts: number;
  /** Of a completed step. */
  readonly result: any;
  /** Of a failed step: `{ name, message, stack?, cause? }`. */
  readonly error: any;
  /** The attempts that failed before it settled, oldest first. */
  readonly failures: readonly { readonly attempt: number; readonly error: any }[];
  /** How often the body was executed in this environment: more than `attempts` when a crash lost a result. 0 for waits and the like. */
  readonly executions: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** A step that has not settled, and what it waits for. */
export interface TestWait {
  readonly id: string;
  readonly on: "time" | "retry" | "event" | "run" | "signal";
  /** When it ends by itself; null: never. */
  readonly until: number | null;
  /** Name of the event or the signal, or id of the run; null for the others. */
  readonly target: string | null;
}

/** A run with its journal, as it was when it was asked for: plain data, to be compared whole or in parts. */
export interface TestRun {
  readonly id: string;
  /** Without the application's prefix. */
  readonly functionId: string;
  readonly status: RunStatus;
  /** The step of another run that invoked this one. */
  readonly parent: { readonly runId: string; readonly stepId: string } | null;
  readonly events: readonly TestEvent[];
  /** Of a completed run; null before. */
  readonly result: any;
  /** Of a failed run: `{ name, message, stack?, cause? }`; the reason of a cancelled or skipped one. */
  readonly error: any;
  /** In the order in which they settled. */
  readonly steps: readonly TestStep[];
  readonly waits: readonly TestWait[];
  readonly createdAt: number;
  readonly endedAt: number | null;
}

export function describeRun({ run, events, journal, wakes }: RunSnapshot, appId: string, scripts: Scripts): TestRun {
  const output = run.output === null ? null : parseJson(run.output);
  const prefix = `${appId}-`;
  return {
    id: run.id,
    functionId: run.functionId.startsWith(prefix) ? run.functionId.slice(prefix.length) : run.functionId,
    status: run.status,
    parent: run.parent && { runId: run.parent.runId, stepId: run.parent.stepKey },
    events: events.map(describeEvent),
    result: run.status === "completed" ? output : null,
    error: run.endedAt !== null && run.status !== "completed" ? output : null,
    steps: journal.map((step) => ({
      id: step.key,
      tool: scripts.scriptedTool(run.id, step.key) ?? step.kind,
      status: step.status,
      attempts: Math.max(step.attempt + 1, step.failures.length),
      result: step.status === "completed" ? parseJson(step.output) : null,
      error: step.status === "failed" ? parseJson(step.output) : null,
      failures: step.failures.map(({ attempt, error }) => ({ attempt, error: parseJson(error) })),
      executions: scripts.executions(run.id, step.key),
      startedAt: step.startedAt,
      endedAt: step.endedAt,
    })),
    waits: wakes.flatMap((wake) => (isRunWatch(wake) ? [] : [describeWait(wake)])),
    createdAt: run.createdAt,
    endedAt: run.endedAt,
  };
}

export function describeEvent(record: EventRecord): TestEvent {
  const { id, name, data, ts } = readPayload(record) as unknown as TestEvent;
  return { id, name, data, ts };
}

/** What an open run waits for, for messages. */
export function explainWaits(waits: readonly TestWait[]): string {
  if (waits.length === 0) return "it waits for nothing";
  return waits
    .map(({ id, on, until, target }) => {
      const what = target === null ? on : `${on} \`${target}\``;
      return `step \`${id}\` waits for ${what}${until === null ? "" : ` until ${new Date(until).toISOString()}`}`;
    })
    .join("; ");
}

function describeWait(wake: Exclude<WakeRecord, RunWatch>): TestWait {
  const base = { id: wake.stepKey, until: wake.dueAt };
  switch (wake.kind) {
    case "sleep":
      return { ...base, on: "time", target: null };
    case "retry":
      return { ...base, on: "retry", target: null };
    case "event":
      return { ...base, on: "event", target: wake.event };
    case "run":
      return { ...base, on: "run", target: wake.childRunId };
    case "signal":
      return { ...base, on: "signal", target: wake.signal };
  }
}

/** Reasons are written by people. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
