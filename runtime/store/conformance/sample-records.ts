import type { CancellationRecord, Deferral, EventRecord, StepRecord, WakeRecord } from "../records.js";
import type { Guard, NewRun, SignalWake, Transition, Write } from "../store.js";

/** Any fixed time; the store never asks a clock. */
export const t0 = 1_700_000_000_000;

export function sampleEvent(id: string, changes: Partial<EventRecord> = {}): EventRecord {
  return { id, name: "order/placed", key: null, data: '{"n":1}', extra: null, ts: t0, receivedAt: t0, ...changes };
}

export function sampleRun(id: string, changes: Partial<NewRun> = {}): NewRun {
  return {
    id,
    functionId: "shop-process-order",
    functionHash: "hash-1",
    eventIds: ["e1"],
    parent: null,
    createdAt: t0,
    owner: null,
    queueAt: t0,
    watches: [],
    ...changes,
  };
}

export function sampleStep(runId: string, key: string, changes: Partial<StepRecord> = {}): StepRecord {
  return {
    runId,
    key,
    kind: "run",
    name: null,
    status: "completed",
    output: '{"ok":true}',
    attempt: 0,
    failures: [],
    startedAt: t0,
    endedAt: t0 + 5,
    ...changes,
  };
}

export function sampleSleep(runId: string, stepKey: string, dueAt = t0 + 1000): WakeRecord {
  return { runId, stepKey, name: null, createdAt: t0, kind: "sleep", dueAt };
}

export function sampleDeferral(runId: string, hash: string, changes: Partial<Omit<Deferral, "kind">> = {}): Deferral {
  return {
    runId,
    stepKey: `\u001fdeferral:${hash}`,
    name: "send-report",
    createdAt: t0,
    kind: "deferral",
    dueAt: null,
    hash,
    functionId: "shop-report",
    state: "pending",
    input: '{"n":1}',
    meta: null,
    ...changes,
  };
}

export function sampleWait(
  runId: string,
  stepKey: string,
  changes: Partial<Omit<WakeRecord & { readonly kind: "event" }, "kind">> = {},
): WakeRecord & { readonly kind: "event" } {
  return {
    runId,
    stepKey,
    name: null,
    createdAt: t0,
    kind: "event",
    dueAt: null,
    event: "order/paid",
    matchKey: "data.id=1",
    condition: null,
    ...changes,
  };
}

export function sampleListener(
  runId: string,
  stepKey: string,
  changes: Partial<Omit<SignalWake, "kind">> = {},
): SignalWake {
  return { runId, stepKey, name: null, createdAt: t0, kind: "signal", dueAt: t0 + 1000, signal: "approve", ...changes };
}

/** The writes, as values. */
export const write = {
  event: (event: EventRecord, matchKeys: readonly string[] | null = null): Write => ({
    kind: "event",
    event,
    matchKeys,
  }),
  run: (run: NewRun): Write => ({ kind: "run", run, uniques: [] }),
  uniqueRun: (run: NewRun, key: string, now: number, expiresAt: number, scope = "fn"): Write => ({
    kind: "run",
    run,
    uniques: [{ policy: "idempotency", scope, key, now, expiresAt }],
  }),
  cancel: (runId: string, reason = '{"kind":"request"}'): Write => ({ kind: "cancel", runId, reason }),
  cancellation: (cancellation: CancellationRecord): Write => ({ kind: "cancellation", cancellation }),
  step: (step: StepRecord, settlesWake = false): Write => ({ kind: "step", step, settlesWake }),
  resolve: (step: StepRecord, now: number): Write => ({ kind: "resolve", step, now }),
  wake: (wake: WakeRecord): Write => ({ kind: "wake", wake }),
  release: (runId: string, queueAt: number | null, status: "queued" | "waiting" = "waiting", attempt = 0): Write => ({
    kind: "release",
    runId,
    status,
    queueAt,
    attempt,
  }),
  listen: (wake: SignalWake, onConflict: "fail" | "replace" = "fail"): Write => ({ kind: "listen", wake, onConflict }),
  signal: (changes: Partial<Extract<Write, { kind: "signal" }>> = {}): Write => ({
    kind: "signal",
    signal: "approve",
    output: '{"signal":"approve","data":1}',
    now: t0 + 7,
    settle: null,
    ...changes,
  }),
  end: (runId: string, changes: Partial<Extract<Write, { kind: "end" }>> = {}): Write => ({
    kind: "end",
    runId,
    status: "completed",
    output: "1",
    endedAt: t0 + 9,
    hasWakes: false,
    ...changes,
  }),
  ending: (runId: string, now = t0, status: "failed" | "cancelled" = "failed"): Write => ({
    kind: "ending",
    runId,
    ending: { status, output: '"why"' },
    now,
  }),
  claim: (owner: string, now: number, limit = 100): Write => ({ kind: "claim", owner, now, limit }),
  heartbeat: (owner: string, expiresAt: number): Write => ({ kind: "heartbeat", owner, expiresAt }),
  reap: (now: number, expiredBy: number): Write => ({ kind: "reap", now, expiredBy }),
};

export const guard = {
  lease: (runId: string, epoch: number): Guard => ({ kind: "lease", runId, epoch }),
  unleased: (runId: string): Guard => ({ kind: "unleased", runId }),
  open: (runId: string): Guard => ({ kind: "open", runId }),
  wake: (runId: string, stepKey: string): Guard => ({ kind: "wake", runId, stepKey }),
  wakes: (runId: string, count: number): Guard => ({ kind: "wakes", runId, count }),
};

export function transition(guards: readonly Guard[], ...writes: readonly Write[]): Transition {
  return { guards, writes };
}
