/**
 * The seam between the engine and where its state is kept. Implementations: memory (the oracle of the tests), sqlite;
 * `conformance.ts` is the contract as tests.
 *
 * Made for several processes: all methods are asynchronous, runs are claimed under a lease, and every write of a run's
 * owner is fenced by the lease's epoch.
 */
import type {
  CancellationRecord,
  EndedRunStatus,
  EventRecord,
  JournalEntry,
  ManifestRecord,
  OpenRunStatus,
  ExpressionProblem,
  ParentStep,
  RegistrationRecord,
  RunEnding,
  RunFailure,
  RunRecord,
  RunStatus,
  RunWatch,
  ScheduleRecord,
  StepRecord,
  WakeRecord,
} from "./records.js";
import type { MetadataRecord, MetadataUpdate } from "./metadata.js";
import type { UserTransaction } from "./user-transaction.js";
import type { GatherEntry, LineSpec, RunControl, RunFate, SlotDemand, Waiting } from "./flow/flow-records.js";

export type { GatherEntry, LineSpec, RunControl, RunFate, SlotDemand, Waiting };

/** What must still be true for a transition to happen. All are judged inside the transaction, before its writes. */
export type Guard =
  /** The run is leased at this epoch and has not ended. */
  | { readonly kind: "lease"; readonly runId: string; readonly epoch: number }
  /** The wake is still there: nobody else has settled the step. */
  | { readonly kind: "wake"; readonly runId: string; readonly stepKey: string }
  /** The run has exactly so many wakes: none was settled behind its owner's back. */
  | { readonly kind: "wakes"; readonly runId: string; readonly count: number }
  /** The run has not ended. */
  | { readonly kind: "open"; readonly runId: string }
  /** The run has not ended, and nobody has it. */
  | { readonly kind: "unleased"; readonly runId: string }
  /** The schedule still has this tick to fire. */
  | { readonly kind: "schedule"; readonly id: string; readonly nextAt: number };

/**
 * A run to insert. With an `owner` it is leased at epoch 1 at once, `running` and started at `createdAt`; without one it is
 * `queued` at `queueAt`, epoch 0.
 */
export interface NewRun {
  readonly id: string;
  readonly functionId: string;
  readonly functionHash: string;
  readonly eventIds: readonly [string, ...string[]];
  readonly parent: RunRecord["parent"];
  readonly createdAt: number;
  readonly owner: string | null;
  readonly queueAt: number;
  /** Stored with it. */
  readonly watches: readonly RunWatch[];
}

/**
 * Makes a run the only one for (scope, key) until `expiresAt`. A row that has expired by `now` does not count. `policy` goes
 * into the output of a run that is skipped for it.
 */
export interface Unique {
  readonly policy: "idempotency" | "event-id";
  readonly scope: string;
  readonly key: string;
  readonly now: number;
  readonly expiresAt: number;
}

export type Write =
  /**
   * Stores the event. With `matchKeys`, also looks for event wakes of that name whose key is among them; when there are
   * any, the event is marked as pending (`matches.pending`) in the same transaction until a `matched` write. Candidates come in the
   * order of (createdAt, runId, stepKey).
   */
  | { readonly kind: "event"; readonly event: EventRecord; readonly matchKeys: readonly string[] | null }
  /**
   * Inserts a run. When one of `uniques` finds another, the run is inserted as `skipped`, ended at `createdAt`, with an
   * `output` that names the first; then none of `uniques` is taken. With `control` it is admitted first: its event may go into a run
   * that gathers, it may be inserted as `skipped`, and an `owner` is only who would take it at once. Result, with `uniques` or
   * `control`: `duplicateOf`, `fate`.
   */
  | {
      readonly kind: "run";
      readonly run: NewRun;
      readonly uniques: readonly Unique[];
      readonly control?: RunControl | null;
    }
  /** Journals a settled step; with `settlesWake` its wake is deleted. A second record for the same step is refused. */
  | { readonly kind: "step"; readonly step: StepRecord; readonly settlesWake: boolean }
  /**
   * As `step`, but by somebody who is not the owner (an event, an ended child run): the wake is deleted, and an open run that is not
   * leased becomes `queued` at `now`, or stays so if it is claimable earlier. Goes with a `wake` guard.
   */
  | { readonly kind: "resolve"; readonly step: StepRecord; readonly now: number }
  /**
   * Executes user code that reads and writes the user's own tables, then journals the step that `settle` makes of its result, with
   * `settlesWake` as in `step`: all of it or nothing. The only write of its transition. Where `body` or `settle` throws, what was
   * written is taken back and the transition is void with `threw`; others of the commit do not notice. When another
   * transition collides, `body` may be executed a second time, after all that it wrote before was taken back.
   *
   * An embedded store executes it inside the commit, so `body` must not return a promise. One behind a network gives the transition a
   * transaction and a connection of its own, beside the commit, and awaits `body`, whose `tx` is asynchronous there.
   */
  | {
      readonly kind: "transact";
      readonly runId: string;
      readonly stepKey: string;
      readonly body: (tx: UserTransaction) => unknown;
      readonly settle: (value: unknown) => StepRecord;
      readonly settlesWake: boolean;
    }
  /**
   * Inserts the wake of a step that waits for a signal; one wake listens to a signal. Where another one does: with `fail` nothing is
   * inserted, with `replace` the other only waits for its time-out. Result: `takenBy`.
   */
  | { readonly kind: "listen"; readonly wake: SignalWake; readonly onConflict: "fail" | "replace" }
  /**
   * Ends the wait that listens to the signal, as `resolve` does, with `output`. `settle` gives the journal row of the step that sends it,
   * by the run that was reached (null: none). Result: `resolved`, the step that waited; null where none did.
   */
  | {
      readonly kind: "signal";
      readonly signal: string;
      readonly output: string;
      readonly now: number;
      readonly settle: ((runId: string | null) => StepRecord) | null;
    }
  /** Inserts or replaces the wake of (runId, stepKey). */
  | { readonly kind: "wake"; readonly wake: WakeRecord }
  /** Deletes the wake of (runId, stepKey), if it is there: nobody waits for it any more. */
  | { readonly kind: "unwake"; readonly runId: string; readonly stepKey: string }
  /** The owner lets the run go: it is claimable again at `queueAt` (null: only when something resolves it). */
  | {
      readonly kind: "release";
      readonly runId: string;
      readonly status: Exclude<OpenRunStatus, "running">;
      readonly queueAt: number | null;
      readonly attempt: number;
      /** Added to the run's failures. */
      readonly failure?: RunFailure;
    }
  /**
   * Decides how the run will end, once: a second is a conflict (`run-ending`). Its wakes but for the deferrals are deleted, and an open run that is not leased
   * becomes `queued` at `now`: whoever claims it runs the rollbacks of its completed steps.
   */
  | { readonly kind: "ending"; readonly runId: string; readonly ending: RunEnding; readonly now: number }
  /** Ends the run and deletes its wakes; `hasWakes: false` promises that there are none. */
  | {
      readonly kind: "end";
      readonly runId: string;
      readonly status: EndedRunStatus;
      readonly output: string | null;
      readonly endedAt: number;
      readonly hasWakes: boolean;
    }
  /**
   * Marks an open run as one to be cancelled. Nothing where it has ended, is not there, or is marked with another reason by
   * now. Result: `marked`.
   */
  | { readonly kind: "cancel"; readonly runId: string; readonly reason: string }
  /**
   * Updates what is noted on a run, which may have ended, or on one of its steps, which need not be there. Nothing where it would
   * have more than it may. Result: `metadata`.
   */
  | { readonly kind: "metadata"; readonly update: MetadataUpdate }
  /** Inserts or replaces a cancellation of many runs. */
  | { readonly kind: "cancellation"; readonly cancellation: CancellationRecord }
  /** Inserts or replaces what an application has registered; null: deletes it. */
  | { readonly kind: "registration"; readonly appId: string; readonly registration: string | null }
  /** Inserts or replaces the manifest of that hash; beyond `mostManifests`, the one that was started longest ago goes. */
  | { readonly kind: "manifest"; readonly manifest: ManifestRecord }
  /** The event's waits have been served. */
  | { readonly kind: "matched"; readonly eventId: string }
  /** Notes it on the event, which is stored; nothing where that expression has one there. */
  | { readonly kind: "problem"; readonly eventId: string; readonly problem: ExpressionProblem }
  /** The owner would have so many steps of the run execute at one time; more than it may are granted by a `claim`. */
  | { readonly kind: "slots"; readonly runId: string; readonly wants: number; readonly now: number }
  /**
   * Lines a run up under other policies (null: under none), for a deployment. What it holds it has under their keys from then on,
   * also where that is more than their limits: nothing more starts there until there is room. Nothing where it has ended by now.
   */
  | { readonly kind: "reline"; readonly runId: string; readonly control: RunControl | null; readonly now: number }
  /** The runs of a function are in line under these policies; null for none. */
  | { readonly kind: "policies"; readonly functionId: string; readonly hash: string | null }
  /**
   * Leases up to `limit` runs whose `queueAt` has come to `owner`; each epoch grows by one, and the first claim sets `startedAt`. Functions
   * take turns; the runs of one come in the order of (queueAt, insertion), where they do not wait in lines for what limits them; see the
   * flow control of the engine. Result: `claimed`, `granted`, `superseded`.
   */
  | { readonly kind: "claim"; readonly owner: string; readonly now: number; readonly limit: number }
  /** The worker lives until `expiresAt` unless it says so again. */
  | { readonly kind: "heartbeat"; readonly owner: string; readonly expiresAt: number }
  /**
   * Forgets workers whose `expiresAt` is at or before `expiredBy` (all of them with Number.MAX_SAFE_INTEGER: the first act of a
   * worker on an exclusive store). Runs leased to somebody unknown (these, and who never sent a heartbeat) become `queued` at `now`.
   * Result: `reaped` (number of runs).
   */
  | { readonly kind: "reap"; readonly now: number; readonly expiredBy: number }
  /** The worker leaves in order and is forgotten: its runs become `queued` at `now`. */
  | { readonly kind: "retire"; readonly owner: string; readonly now: number }
  /** Inserts or moves a schedule; with `nextAt: null` deletes it. */
  | { readonly kind: "schedule"; readonly id: string; readonly expression: string; readonly nextAt: number | null }
  /** Deletes what has expired by `now` (uniqueness rows, rate limits and throttles that have been worked off). */
  | { readonly kind: "sweep"; readonly now: number };

export type SignalWake = WakeRecord & { readonly kind: "signal" };

/** All or nothing: the guards hold, there is no conflict and all writes happen, or none does. */
export interface Transition {
  readonly guards: readonly Guard[];
  readonly writes: readonly Write[];
}

/**
 * Why a transition without a failed guard did not happen: a row that it inserts is there already (a lost race, or a bug of
 * the caller), or it writes to a run that does not exist (a `duplicateOf` of its own, for one) or has ended.
 */
export type Conflict =
  | { readonly kind: "step-exists"; readonly runId: string; readonly stepKey: string }
  | { readonly kind: "run-exists"; readonly runId: string }
  | { readonly kind: "run-missing"; readonly runId: string }
  | { readonly kind: "run-ended"; readonly runId: string }
  | { readonly kind: "run-ending"; readonly runId: string }
  | { readonly kind: "event-exists"; readonly eventId: string };

/** The user's code of a `transact` threw; what it wrote is taken back. */
export interface Threw {
  readonly kind: "threw";
  readonly error: unknown;
}

/** An event wake that the event may satisfy, with what is needed to judge it. */
export interface WaitCandidate {
  readonly wake: WakeRecord & { readonly kind: "event" | "cancel" };
  readonly runEventId: string;
}

export type WriteResult =
  | { readonly kind: "event"; readonly eventId: string; readonly candidates: readonly WaitCandidate[] }
  | {
      readonly kind: "run";
      readonly runId: string;
      readonly duplicateOf: string | null;
      /** Only with `control`, and when it is no duplicate. */
      readonly fate?: RunFate;
      /** A run that is to be cancelled, since this one takes its place. */
      readonly superseded?: string | null;
    }
  | { readonly kind: "cancel"; readonly runId: string; readonly marked: boolean }
  | {
      readonly kind: "claim";
      readonly claimed: readonly RunRecord[];
      /** Runs that are leased, perhaps to others, and may have more steps execute now. */
      readonly granted: readonly { readonly runId: string; readonly slots: number }[];
      /** Runs that are to be cancelled. */
      readonly superseded: readonly string[];
    }
  | { readonly kind: "listen"; readonly takenBy: ParentStep | null }
  | { readonly kind: "signal"; readonly resolved: StepRecord | null }
  | { readonly kind: "metadata"; readonly outcome: "stored" | "no-run" | "too-large" }
  | { readonly kind: "reap"; readonly reaped: number };

/**
 * What became of one transition. `results` has an entry, in order, for each write that has a result (event with
 * `matchKeys`, run with `uniques` or `control`, listen, signal, cancel, metadata, claim, reap). A guard that fails, or a conflict, is named.
 */
export type Outcome =
  | { readonly ok: true; readonly results: readonly WriteResult[] }
  | { readonly ok: false; readonly failed: Guard | Conflict | Threw };

/** A page of a listing, newest first, that is the order of insertion; `next` is the cursor for the page after it. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** All that a cold run needs to go on. */
export interface RunSnapshot {
  readonly run: RunRecord;
  readonly events: readonly EventRecord[];
  /** In the order of commits. */
  readonly journal: readonly JournalEntry[];
  /** In the order of their step keys. */
  readonly wakes: readonly WakeRecord[];
}

export interface RunFilter {
  readonly functionId?: string;
  readonly status?: RunStatus;
  readonly eventId?: string;
  /** Only runs that have not ended. Together with `functionId` alone. */
  readonly open?: true;
}

/** A state that must not be; `code` is stable (`orphan-run`, `wake-of-ended-run`, …). */
export interface Violation {
  readonly code: string;
  readonly message: string;
  readonly runId: string | null;
}

export interface Store {
  /** For messages: `memory`, or the kind and place of the database. */
  readonly description: string;
  /** Only this process can have the store open, so at its start every lease in it is a dead one. */
  readonly exclusive: boolean;

  /**
   * Applies the transitions in order in ONE transaction and returns when it is durable. Each transition is judged and
   * applied on its own: a failed guard or a conflict voids that transition only. Throws a StoreError when nothing was
   * stored (disk full, read-only, connection lost); then no transition has happened.
   */
  commit(transitions: readonly Transition[]): Promise<readonly Outcome[]>;

  readonly events: {
    get(id: string): Promise<EventRecord | null>;
    /** In the order of their expressions. */
    problems(id: string): Promise<readonly ExpressionProblem[]>;
    list(filter: { readonly name?: string }, limit: number, cursor: string | null): Promise<Page<EventRecord>>;
  };
  readonly runs: {
    get(id: string): Promise<RunRecord | null>;
    /** One snapshot for each run that exists, in the order asked. A record that a claim gave is taken as it is, while it is leased. */
    snapshots(runs: readonly (string | RunRecord)[]): Promise<readonly RunSnapshot[]>;
    list(filter: RunFilter, limit: number, cursor: string | null): Promise<Page<RunRecord>>;
    /** What is noted on the run, then on its steps in the order of their wire forms, each by its kind. */
    metadata(runId: string): Promise<readonly MetadataRecord[]>;
    /** When the next run may be claimed, as far as time tells; null when none may. In the past when one may now. */
    nextQueueAt(): Promise<number | null>;
    /** Runs that are marked to be cancelled and have not ended, oldest first. */
    cancelling(limit: number): Promise<readonly string[]>;
    /** Runs with a `deadline` watch that is due, the earliest first. */
    overdue(now: number, limit: number): Promise<readonly string[]>;
    /** The earliest `dueAt` of a `deadline` watch; null when there is none. */
    nextDeadline(): Promise<number | null>;
    count(): Promise<Readonly<Record<RunStatus, number>>>;
  };
  readonly matches: {
    /** Events whose waits are still to be served, oldest first, with the candidates as of now. */
    pending(
      limit: number,
    ): Promise<readonly { readonly event: EventRecord; readonly candidates: readonly WaitCandidate[] }[]>;
    /** All (event name, path) pairs that parked waits are keyed by; `path` is "" for those without a key. */
    paths(): Promise<readonly { readonly event: string; readonly path: string }[]>;
  };
  readonly flow: {
    /** What `policies` writes have said last. */
    policies(): Promise<readonly { readonly functionId: string; readonly hash: string }[]>;
    /** Runs of the function that have not ended, those that have been started or the others, a page at a time; `next` is the cursor. */
    open(
      functionId: string,
      started: boolean,
      limit: number,
      cursor: string | null,
    ): Promise<{ readonly runIds: readonly string[]; readonly next: string | null }>;
    /** Runs that are to be cancelled, since a later one of their singleton has taken their place. */
    superseded(): Promise<readonly string[]>;
    /** What a run that has no owner waits for under flow control; null when for nothing of it. */
    waiting(runId: string): Promise<Waiting | null>;
  };
  readonly cancellations: {
    get(id: string): Promise<CancellationRecord | null>;
    /** Newest first. */
    list(limit: number): Promise<readonly CancellationRecord[]>;
    /** Those that have not ended, oldest first. */
    open(): Promise<readonly CancellationRecord[]>;
  };
  /** In the order of their ids. */
  readonly registrations: { list(): Promise<readonly RegistrationRecord[]> };
  readonly manifests: {
    /** What has run on the store, the one that was started last first. */
    list(limit: number): Promise<readonly ManifestRecord[]>;
  };
  readonly schedules: { list(): Promise<readonly ScheduleRecord[]> };

  /** Checks the invariants: each open run is claimable, leased by a living worker, or has a wake; journals are whole. */
  verify(now: number): Promise<readonly Violation[]>;
  close(): Promise<void>;
}

/** So many manifests are kept: runs that were begun with older ones are judged without theirs. */
export const mostManifests = 50;

export { CursorError, StoreError, type StoreErrorCode } from "./store-errors.js";
