import { ambient } from "./ambient.js";
import { authorized } from "./authorized.js";
import type { Endpoint } from "./endpoint.js";
import { StepwrightError } from "./errors.js";
import { postWithRetries } from "./post.js";

/** What a note is on. Null stands for the current one; without anything, it is the current step, else the current run. */
export interface NoteTarget {
  readonly runId?: string | null;
  readonly stepId?: string | null;
  /** Of a repeated id. */
  readonly stepIndex?: number;
  readonly spanId?: string;
}

/** Merges the values into those that are there under the kind. Resolves when that is stored. */
export type WriteNote = (target: NoteTarget, kind: string, values: Record<string, unknown>) => Promise<void>;

/** Under it each client has the function that writes its notes. */
export const noteWriter = Symbol.for("stepwright.note-writer");

/** A note on a run, or on a step of it. */
export interface PlacedNote {
  readonly runId: string;
  readonly step: { readonly id: string; readonly index: number } | null;
  readonly kind: string;
  readonly values: Record<string, unknown>;
}

/**
 * In the runtime's own process directly, else over HTTP.
 *
 * @throws StepwrightError `note-without-run`, `unsupported-call` for a span; `send-refused`, `send-failed`
 */
export async function writeNote(
  target: NoteTarget,
  kind: string,
  values: Record<string, unknown>,
  endpoint: Endpoint,
): Promise<void> {
  const note = place(target, kind, values);
  if (ambient.annotate) return ambient.annotate(note);
  const { runId, step } = note;
  const named = step && { step_id: step.id, ...(step.index > 0 && { step_index: step.index }) };
  const body = { target: { run_id: runId, ...named }, metadata: [{ kind, op: "merge", values }] };
  const url = `${endpoint.apiUrl}/v1/runs/${encodeURIComponent(runId)}/metadata`;
  await postWithRetries(url, JSON.stringify(body), authorized(endpoint), endpoint.env);
}

function place(target: NoteTarget, kind: string, values: Record<string, unknown>): PlacedNote {
  if (target.spanId !== undefined) throw new StepwrightError("unsupported-call", "metadata of a span");
  const { ctx, executingStep } = ambient.currentContext?.()?.execution ?? {};
  const current = ctx?.runId;
  const runId = target.runId ?? current;
  if (runId === undefined) throw new StepwrightError("note-without-run");
  const here = runId === current ? executingStep?.id : undefined;
  const isCurrent = target.stepId === null || (target.stepId === undefined && target.runId === undefined);
  if (target.stepId === null && here === undefined) {
    throw new StepwrightError("note-without-run", "no step of that run executes here");
  }
  const id = target.stepId ?? (isCurrent ? here : undefined);
  return { runId, step: id === undefined ? null : { id, index: target.stepIndex ?? 0 }, kind, values };
}
