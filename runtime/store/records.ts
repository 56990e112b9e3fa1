/**
 * What the store keeps, as plain readonly data. Times are milliseconds since 1970; ids are ULIDs (time-ordered), JSON is
 * text that was serialised once at the edge and is parsed once where it is used.
 */

/** A received event. `key` is the `id` that the sender gave, for deduplication. */
export interface EventRecord {
  readonly id: string;
  readonly name: string;
  readonly key: string | null;
  /** JSON text of `data`. */
  readonly data: string;
  /** JSON text of what else the sender gave (`user`, `v`, `meta`); null when nothing. */
  readonly extra: string | null;
  readonly ts: number;
  readonly receivedAt: number;
}

/** An expression over an event that could not be evaluated: a condition counted as false, a key as none. */
export interface ExpressionProblem {
  readonly expression: string;
  readonly message: string;
}

/** `queued`: may be claimed from `queueAt` on. `running`: leased. `waiting`: has wakes; claimable from `queueAt` if any. */
export type OpenRunStatus = "queued" | "running" | "waiting";
export type EndedRunStatus = "completed" | "failed" | "cancelled" | "skipped";
export type RunStatus = OpenRunStatus | EndedRunStatus;

/** How a run will end: JSON text of the serialised error (failed), of the reason (cancelled). */
export interface RunEnding {
  readonly status: "failed" | "cancelled";
  readonly output: string;
}

/** The step of another run that waits for this run's result. */
export interface ParentStep {
  readonly runId: string;
  readonly stepKey: string;
  /** The name that the step was given, where it has one. */
  readonly stepName?: string;
}

export interface RunRecord {
  readonly id: string;
  /** The full id: `<app>-<function>`. */
  readonly functionId: string;
  /** The function's content hash when the run was made. */
  readonly functionHash: string;
  readonly status: RunStatus;
  /** The triggering event, and all of them for a batch; the first is `eventId`. */
  readonly eventId: string;
  readonly eventIds: readonly string[];
  readonly parent: ParentStep | null;
  /** Failed attempts outside of steps so far. */
  readonly attempt: number;
  /** What they failed with; absent when there were none. */
  readonly failures?: readonly RunFailure[];
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** JSON text of the result (completed) or of the serialised error (failed); the reason (cancelled, skipped). */
  readonly output: string | null;
  /** Not null from when its end is decided: first the rollbacks of its completed steps run, then it ends. */
  readonly ending: RunEnding | null;
  /** The worker that has the lease; null when nobody has. */
  readonly owner: string | null;
  /** Grows with each claim; a write that names an older one is refused. */
  readonly epoch: number;
  /** When it may be claimed; null while leased, ended, or waiting for something without a time-out. */
  readonly queueAt: number | null;
  /** So many of its steps may execute at one time; null where nothing limits that, and while it is not leased. */
  readonly slots: number | null;
  /** JSON text of the reason for which it is about to be cancelled; null when it is not, and once it has ended. */
  readonly cancel: string | null;
}

export type StepKind =
  | "run"
  | "sleep"
  | "waitForEvent"
  | "invoke"
  | "sendEvent"
  | "fetch"
  | "waitForSignal"
  | "sendSignal"
  | "ai"
  | "publish"
  | "transaction"
  | "race"
  /** Takes back what a completed step did, after the run has failed or was cancelled. */
  | "rollback";

/** A failed attempt; `error` is JSON text of the serialised error. */
export interface FailedAttempt {
  readonly attempt: number;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly error: string;
}

/** An attempt at a run that failed outside of steps, and after which another one followed. */
export type RunFailure = Omit<FailedAttempt, "startedAt" | "endedAt"> & { readonly at: number };

/** A settled step: one row of the journal. Never changed once written; unique by (runId, key). */
export interface StepRecord {
  readonly runId: string;
  /** The step's id, with `:n` for its n-th repeat. */
  readonly key: string;
  readonly kind: StepKind;
  /** What a person reads; null when it is the key. */
  readonly name: string | null;
  readonly status: "completed" | "failed";
  /** JSON text of the result or of the serialised error. */
  readonly output: string;
  /** Zero-based number of the attempt that settled it. */
  readonly attempt: number;
  readonly failures: readonly FailedAttempt[];
  readonly startedAt: number;
  readonly endedAt: number;
  /** JSON text of the list of inputs that were passed with it. */
  readonly input?: string;
  /** It has a rollback, which runs when the run fails or is cancelled after it has completed. */
  readonly rollback?: true;
}

/** A step record as read back: `seq` is its place in the order of commits, which is the order of replay. */
export type JournalEntry = StepRecord & { readonly seq: number };

/** What every wake has. */
export interface WakeBase {
  readonly runId: string;
  readonly stepKey: string;
  readonly name: string | null;
  readonly createdAt: number;
}

/**
 * A durable row that says when, or on what, a run continues. Deleted when its step settles.
 * `dueAt` is when it ends by itself: the sleep's end, the next attempt, the time-out (null: never).
 */
export type WakeRecord = WakeBase &
  (
    | { readonly kind: "sleep"; readonly dueAt: number }
    | {
        readonly kind: "retry";
        readonly step: StepKind;
        readonly dueAt: number;
        readonly failures: readonly FailedAttempt[];
        /** As in the step's record. */
        readonly input?: string;
      }
    | {
        readonly kind: "event";
        readonly dueAt: number | null;
        readonly event: string;
        /** `<path>=<JSON value>` that the event must have, or "" when only the condition tells. */
        readonly matchKey: string;
        /** CEL over `event` and `async`; null when the key decides alone. */
        readonly condition: string | null;
        /** Events received since then, in ms, are still to be looked through; absent when they have been. */
        readonly since?: number;
      }
    | {
        readonly kind: "run";
        readonly dueAt: number | null;
        readonly childRunId: string;
        /** The child run is cancelled with this one. */
        readonly cancelChildren?: true;
      }
    | { readonly kind: "signal"; readonly dueAt: number | null; readonly signal: string }
    /** `cancelOn`: an event that cancels the run, until `dueAt`. Wakes nothing by itself, and lasts as long as the run. */
    | {
        readonly kind: "cancel";
        readonly dueAt: number | null;
        readonly event: string;
        readonly matchKey: string;
        readonly condition: string | null;
      }
    /** `timeouts`: at `dueAt` somebody has to look whether the run has started or ended in time. */
    | { readonly kind: "deadline"; readonly dueAt: number | null }
    /** A run that this one has asked for, to begin when this one has ended. Wakes nothing, and lasts as long as the run. */
    | {
        readonly kind: "deferral";
        readonly dueAt: null;
        /** The wire form of the id that its handler gave. */
        readonly hash: string;
        /** The full id of the function to run. */
        readonly functionId: string;
        /** One that was taken back, or refused, stays: its id is not asked for again. */
        readonly state: "pending" | "aborted" | "refused";
        /** JSON text of the data, an object; null where it is not pending. */
        readonly input: string | null;
        /** JSON text of the event's `meta`. */
        readonly meta: string | null;
      }
  );

/** What belongs to a whole run, and not to one of its steps: it is there until the run's end. */
export type RunWatch = WakeRecord & { readonly kind: "cancel" | "deadline" | "deferral" };

export function isRunWatch(wake: WakeRecord): wake is RunWatch {
  return wake.kind === "cancel" || wake.kind === "deadline" || wake.kind === "deferral";
}

export type Deferral = WakeRecord & { readonly kind: "deferral" };

export function isDeferral(wake: WakeRecord): wake is Deferral {
  return wake.kind === "deferral";
}

/** Cancels many runs, a page in a transition: a process that dies on the way leaves the rest to the next one. */
export interface CancellationRecord {
  readonly id: string;
  /** The full id. */
  readonly functionId: string;
  /** Only runs made at this time or later, in ms since 1970. */
  readonly startedAfter: number | null;
  /** Only runs made before this time. */
  readonly startedBefore: number | null;
  /** CEL over `event`, the run's; null: all. */
  readonly condition: string | null;
  readonly createdAt: number;
  /** Of `Runs.list`: where the next page begins; null at the first. */
  readonly cursor: string | null;
  readonly endedAt: number | null;
  /** How many runs it has marked so far. */
  readonly count: number;
}

/** An application that is called over HTTP, as it has registered: `registration` is JSON text. */
export interface RegistrationRecord {
  readonly appId: string;
  readonly registration: string;
}

/** When a cron trigger fires next; `id` is `<full function id>#<trigger index>`. */
export interface ScheduleRecord {
  readonly id: string;
  readonly expression: string;
  readonly nextAt: number;
}

/** An application that has run on the store. */
export interface ManifestRecord {
  /** Of the manifest. */
  readonly hash: string;
  /** JSON text, with the functions as the engine has run them. */
  readonly manifest: string;
  /** When it was started last. */
  readonly startedAt: number;
}
