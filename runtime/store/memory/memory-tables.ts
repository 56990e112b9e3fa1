import { compareCandidates, compareText, type EventWake } from "../candidates.js";
import type {
  CancellationRecord,
  ManifestRecord,
  EventRecord,
  ExpressionProblem,
  JournalEntry,
  RunRecord,
  ScheduleRecord,
  WakeRecord,
} from "../records.js";
import type { MetadataRecord } from "../metadata.js";
import type { WaitCandidate } from "../store.js";
import type { UserTables } from "../sqlite/user-tables.js";
import type { FlowState } from "../flow/flow-records.js";
import { MemoryFlowRows } from "./memory-flow-rows.js";
import { RunQueue } from "./run-queue.js";
import { GroupedTable, Table, UndoLog } from "../undo-log.js";

/** A run with its place in the order of insertion. */
export interface StoredRun {
  readonly place: number;
  readonly record: RunRecord;
  /** Of a run that belongs to a line and has not ended. */
  readonly flow: FlowState | null;
}

export interface StoredUnique {
  readonly runId: string;
  readonly expiresAt: number;
}

/** An event whose waits are still to be served, with the keys that they may have. */
export interface PendingMatch {
  readonly place: number;
  readonly event: EventRecord;
  readonly matchKeys: readonly string[];
}

/** The rows, with the indexes that are derived from them. */
export class MemoryTables {
  readonly undo = new UndoLog();
  readonly events = new Table<string, EventRecord>(this.undo);
  readonly runs = new Table<string, StoredRun>(this.undo);
  readonly runsOfEvent = new GroupedTable<string, string, true>(this.undo);
  readonly leased = new Table<string, true>(this.undo);
  readonly queue = new RunQueue(this.undo);
  readonly journal = new GroupedTable<string, string, JournalEntry>(this.undo);
  readonly wakes = new GroupedTable<string, string, WakeRecord>(this.undo);
  readonly eventWakes = new GroupedTable<string, string, EventWake>(this.undo);
  /** Which wake listens to a signal. */
  readonly listeners = new Table<string, WakeRecord>(this.undo);
  readonly problems = new GroupedTable<string, string, ExpressionProblem>(this.undo);
  readonly pending = new Table<string, PendingMatch>(this.undo);
  readonly uniques = new Table<string, StoredUnique>(this.undo);
  readonly workers = new Table<string, number>(this.undo);
  readonly manifests = new Table<string, ManifestRecord>(this.undo);
  readonly cancellations = new Table<string, CancellationRecord>(this.undo);
  readonly metadata = new GroupedTable<string, string, MetadataRecord>(this.undo);
  readonly registrations = new Table<string, string>(this.undo);
  readonly schedules = new Table<string, ScheduleRecord>(this.undo);
  /** Opened for the first `transact`: SQL needs a database, in memory as well. */
  userTables: UserTables | null = null;
  readonly flow = new MemoryFlowRows(this);
  readonly #byPlace = new Table<number, string>(this.undo);
  #places = 0;
  #seq = 0;

  nextPlace(): number {
    return ++this.#places;
  }

  nextSeq(): number {
    return ++this.#seq;
  }

  runByPlace(place: number): StoredRun | undefined {
    const id = this.#byPlace.get(place);
    return id === undefined ? undefined : this.runs.get(id);
  }

  putRun(place: number, record: RunRecord, flow: FlowState | null): void {
    const stored = this.runs.get(record.id);
    const before = stored?.record;
    // Those that wait in a line are not in the plain queue.
    if (before && before.queueAt !== null && (stored.flow?.queue ?? null) === null) {
      this.queue.remove({ queueAt: before.queueAt, place, runId: record.id });
    }
    if (record.queueAt !== null && (flow?.queue ?? null) === null) {
      this.queue.add({ queueAt: record.queueAt, place, runId: record.id });
    }
    if (record.owner !== null) this.leased.set(record.id, true);
    else this.leased.delete(record.id);
    if (!before) {
      this.#byPlace.set(place, record.id);
      for (const eventId of record.eventIds) this.runsOfEvent.set(eventId, record.id, true);
    }
    this.runs.set(record.id, { place, record, flow });
  }

  putWake(wake: WakeRecord): void {
    this.deleteWake(wake.runId, wake.stepKey);
    this.wakes.set(wake.runId, wake.stepKey, wake);
    if (wake.kind === "event" || wake.kind === "cancel")
      this.eventWakes.set(waitKey(wake.event, wake.matchKey), wakeKey(wake), wake);
  }

  deleteWake(runId: string, stepKey: string): void {
    const wake = this.wakes.get(runId, stepKey);
    if (!wake) return;
    this.wakes.delete(runId, stepKey);
    if (wake.kind === "signal" && this.listeners.get(wake.signal) === wake) this.listeners.delete(wake.signal);
    if (wake.kind === "event" || wake.kind === "cancel")
      this.eventWakes.delete(waitKey(wake.event, wake.matchKey), wakeKey(wake));
  }

  wakesOf(runId: string): WakeRecord[] {
    return this.wakes.list(runId).sort((a, b) => compareText(a.stepKey, b.stepKey));
  }

  journalOf(runId: string): JournalEntry[] {
    return this.journal.list(runId).sort((a, b) => a.seq - b.seq);
  }

  candidates(event: string, matchKeys: readonly string[]): WaitCandidate[] {
    const found: WaitCandidate[] = [];
    for (const matchKey of new Set(matchKeys)) {
      for (const wake of this.eventWakes.list(waitKey(event, matchKey))) {
        const run = this.runs.get(wake.runId);
        if (run) found.push({ wake, runEventId: run.record.eventId });
      }
    }
    return found.sort(compareCandidates);
  }
}

function waitKey(event: string, matchKey: string): string {
  return JSON.stringify([event, matchKey]);
}

function wakeKey(wake: WakeRecord): string {
  return JSON.stringify([wake.runId, wake.stepKey]);
}
