/** A run with many events: when `maxSize` are there, or `timeoutMs` after the first. */
export interface Batch {
  readonly kind: "batch";
  readonly maxSize: number;
  readonly timeoutMs: number;
}

/** The events of one batch have at most so many bytes of JSON together. */
export const batchBytes = 10 * 1024 * 1024;

export interface BatchState {
  readonly firstAt: number;
  readonly count: number;
  readonly bytes: number;
}

export type BatchDecision =
  /** It goes into the batch; with `full` nothing more does, and the run starts now, else at `dueAt`. */
  | { readonly kind: "joins"; readonly state: BatchState; readonly full: boolean; readonly dueAt: number }
  /** It would make the batch too large: that one is closed, and the event is the first of another. */
  | { readonly kind: "closes" };

/** Another event of `bytes` bytes under the key; `state` is null for the first. */
export function joinBatch(batch: Batch, state: BatchState | null, bytes: number, now: number): BatchDecision {
  if (state !== null && (state.bytes + bytes > batchBytes || state.count >= batch.maxSize)) return { kind: "closes" };
  const next: BatchState = {
    firstAt: state?.firstAt ?? now,
    count: (state?.count ?? 0) + 1,
    bytes: (state?.bytes ?? 0) + bytes,
  };
  return { kind: "joins", state: next, full: next.count >= batch.maxSize, dueAt: batchDueAt(batch, next, now) };
}

/** Also after a deployment that has changed size or time. */
export function batchDueAt({ maxSize, timeoutMs }: Batch, { firstAt, count }: BatchState, now: number): number {
  return count >= maxSize ? now : firstAt + timeoutMs;
}
