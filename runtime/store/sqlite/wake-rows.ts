import type { Deferral, FailedAttempt, StepKind, WakeRecord } from "../records.js";
import type { WaitCandidate } from "../store.js";
import type { SqlRow, SqlValue } from "./driver.js";
import { readNumber, readNumberOrNull, readText, readTextOrNull } from "./read-column.js";

/** What only some kinds of wake have. */
interface WakeRest {
  readonly step?: StepKind;
  readonly failures?: readonly FailedAttempt[];
  readonly input?: string;
  readonly condition?: string;
  readonly since?: number;
  readonly childRunId?: string;
  readonly cancelChildren?: true;
  readonly signal?: string;
  readonly deferral?: Pick<Deferral, "hash" | "functionId" | "state" | "input" | "meta">;
}

export const wakeColumns = ["run", "key", "kind", "name", "created_at", "due_at", "event", "match_key", "rest"];

export function toWakeValues(run: number, wake: WakeRecord): SqlValue[] {
  const isEvent = wake.kind === "event" || wake.kind === "cancel";
  const rest = encodeRest(wake);
  return [
    run,
    wake.stepKey,
    wake.kind,
    wake.name,
    wake.createdAt,
    wake.dueAt,
    isEvent ? wake.event : null,
    isEvent ? wake.matchKey : null,
    rest && JSON.stringify(rest),
  ];
}

export function toWakeRecord(row: SqlRow, runId: string): WakeRecord {
  const restText = readTextOrNull(row, "rest");
  // Written by toWakeValues.
  const rest: WakeRest = restText === null ? {} : (JSON.parse(restText) as WakeRest);
  const base = {
    runId,
    stepKey: readText(row, "key"),
    name: readTextOrNull(row, "name"),
    createdAt: readNumber(row, "created_at"),
  };
  const kind = readText(row, "kind");
  switch (kind) {
    case "sleep":
      return { ...base, kind, dueAt: readNumber(row, "due_at") };
    case "retry":
      return {
        ...base,
        kind,
        dueAt: readNumber(row, "due_at"),
        step: rest.step ?? "run",
        failures: rest.failures ?? [],
        ...(rest.input !== undefined && { input: rest.input }),
      };
    case "event":
    case "cancel":
      return toEventWake(row, runId);
    case "deadline":
      return { ...base, kind, dueAt: readNumberOrNull(row, "due_at") };
    case "run":
      return {
        ...base,
        kind,
        dueAt: readNumberOrNull(row, "due_at"),
        childRunId: rest.childRunId ?? "",
        ...(rest.cancelChildren && { cancelChildren: true }),
      };
    case "signal":
      return { ...base, kind, dueAt: readNumberOrNull(row, "due_at"), signal: rest.signal ?? "" };
    case "deferral":
      if (!rest.deferral) throw new Error("internal error: a deferral without its content");
      return { ...base, kind, dueAt: null, ...rest.deferral };
    default:
      throw new Error(`internal error: ${kind} is no kind of wake`);
  }
}

export function toEventWake(row: SqlRow, runId: string): WaitCandidate["wake"] {
  const restText = readTextOrNull(row, "rest");
  // Written by toWakeValues.
  const rest: WakeRest = restText === null ? {} : (JSON.parse(restText) as WakeRest);
  return {
    runId,
    stepKey: readText(row, "key"),
    name: readTextOrNull(row, "name"),
    createdAt: readNumber(row, "created_at"),
    kind: readText(row, "kind") === "cancel" ? "cancel" : "event",
    dueAt: readNumberOrNull(row, "due_at"),
    event: readText(row, "event"),
    matchKey: readText(row, "match_key"),
    condition: rest.condition ?? null,
    ...(rest.since !== undefined && { since: rest.since }),
  };
}

function encodeRest(wake: WakeRecord): WakeRest | null {
  switch (wake.kind) {
    case "sleep":
    case "deadline":
      return null;
    case "retry":
      return {
        step: wake.step,
        failures: wake.failures,
        ...(wake.input !== undefined && { input: wake.input }),
      };
    case "event":
      if (wake.condition === null && wake.since === undefined) return null;
      return {
        ...(wake.condition !== null && { condition: wake.condition }),
        ...(wake.since !== undefined && { since: wake.since }),
      };
    case "cancel":
      return wake.condition === null ? null : { condition: wake.condition };
    case "run":
      return { childRunId: wake.childRunId, ...(wake.cancelChildren && { cancelChildren: true }) };
    case "signal":
      return { signal: wake.signal };
    case "deferral": {
      const { hash, functionId, state, input, meta } = wake;
      return { deferral: { hash, functionId, state, input, meta } };
    }
  }
}
