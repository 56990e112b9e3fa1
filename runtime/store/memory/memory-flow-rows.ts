import { throttleEndsAt } from "../../engine/3-control/policies/throttle.js";
import { compareText } from "../candidates.js";
import type { Bucket, FlowState, Gather, Line, LineSpec, Queue, RateRow, SkipReason } from "../flow/flow-records.js";
import type { DueRun, FlowRows, FlowRun } from "../flow/flow-rows.js";
import type { MemoryTables, StoredRun } from "./memory-tables.js";
import { bucketOfTurn, turnAt } from "../flow/slots.js";
import { GroupedTable, Table } from "../undo-log.js";

/** The rows of flow control, found by looking at all of them. */
export class MemoryFlowRows implements FlowRows {
  readonly lines: Table<number, Line & { readonly runs: number }>;
  readonly buckets: Table<string, Bucket>;
  readonly queues: Table<number, Queue>;
  readonly turns: Table<string, number>;
  readonly rates: Table<string, RateRow & { readonly expiresAt: number }>;
  readonly rateStarts: GroupedTable<string, number, number>;
  readonly gathers: Table<string, Gather>;
  readonly events: GroupedTable<number, number, string>;
  readonly singles: Table<string, string>;
  readonly superseded: Table<string, true>;
  readonly policies: Table<string, string>;
  claimedAt = 0;
  #lastLine = 0;
  #lastTurn = 0;

  constructor(readonly tables: MemoryTables) {
    const { undo } = tables;
    this.lines = new Table(undo);
    this.buckets = new Table(undo);
    this.queues = new Table(undo);
    this.turns = new Table(undo);
    this.rates = new Table(undo);
    this.rateStarts = new GroupedTable(undo);
    this.gathers = new Table(undo);
    this.events = new GroupedTable(undo);
    this.singles = new Table(undo);
    this.superseded = new Table(undo);
    this.policies = new Table(undo);
  }

  sweep(now: number): void {
    for (const [key, { throttle, held, queues }] of [...this.buckets.entries()]) {
      if (held === 0 && queues === 0 && throttle && throttleEndsAt(throttle) <= now) this.buckets.delete(key);
    }
    for (const name of [...this.turns.keys()]) {
      const bucket = bucketOfTurn(name);
      if (bucket !== null && !this.bucket(bucket)?.blocked) this.turns.delete(name);
    }
    for (const [key, { expiresAt }] of [...this.rates.entries()]) {
      if (expiresAt > now) continue;
      this.rates.delete(key);
      for (const number of this.rateStarts.names(key)) this.rateStarts.delete(key, number);
    }
  }

  // ── lines, buckets, queues ───────────────────────────────────────────────────────────────────────────────────────

  line(n: number): Line & { readonly runs: number } {
    const line = this.lines.get(n);
    if (!line) throw new Error(`internal error: there is no line ${n}`);
    return line;
  }

  findLine(functionId: string, spec: LineSpec): Line {
    const text = JSON.stringify(spec);
    for (const line of this.lines.values()) {
      if (line.functionId === functionId && JSON.stringify(line.spec) === text) return line;
    }
    const line = { n: ++this.#lastLine, functionId, spec, runs: 0 };
    this.lines.set(line.n, line);
    return line;
  }

  dropIfUnused(n: number): void {
    if (this.lines.get(n)?.runs === 0) this.lines.delete(n);
  }

  addToLine(n: number, runs: 1 | -1): void {
    const line = this.line(n);
    this.lines.set(n, { ...line, runs: line.runs + runs });
    this.dropIfUnused(n);
  }

  bucket(key: string): Bucket | null {
    return this.buckets.get(key) ?? null;
  }

  throttled(key: string): Bucket | null {
    return this.bucket(key);
  }

  putBucket(bucket: Bucket, now: number): void {
    const { key, held, queues, throttle } = bucket;
    if (held === 0 && queues === 0 && (throttle === null || throttleEndsAt(throttle) <= now)) this.buckets.delete(key);
    else this.buckets.set(key, bucket);
  }

  timedBuckets(): Bucket[] {
    return [...this.buckets.values()].filter(({ wakeAt }) => wakeAt !== null);
  }

  dueBuckets(now: number, limit: number): Bucket[] {
    const due = [...this.buckets.values()].filter(({ wakeAt }) => wakeAt !== null && wakeAt <= now);
    return due.sort((a, b) => (a.wakeAt ?? 0) - (b.wakeAt ?? 0) || compareText(a.key, b.key)).slice(0, limit);
  }

  queue(n: number): Queue | null {
    return this.queues.get(n) ?? null;
  }
  putQueue(queue: Queue): void {
    this.queues.set(queue.n, queue);
  }
  resizeQueue(n: number, size: number): void {
    const queue = this.queues.get(n);
    if (queue) this.queues.set(n, { ...queue, size });
  }
  deleteQueue(n: number): void {
    this.queues.delete(n);
  }

  firstReady(functionId: string): Queue | null {
    return this.#first((queue) => queue.functionId === functionId && queue.blockedOn === null);
  }

  readyFunctions(): string[] {
    const ready = [...this.queues.values()].filter(({ blockedOn }) => blockedOn === null);
    return [...new Set(ready.map(({ functionId }) => functionId))].sort(compareText);
  }

  firstBlocked(bucket: string, held: number): Queue | null {
    const turnOf = ({ functionId }: Queue): number => this.turnOf(turnAt(bucket, functionId));
    let first: Queue | null = null;
    for (const queue of this.queues.values()) {
      if (queue.blockedOn !== bucket || queue.blockedLimit <= held) continue;
      const later = first ? turnOf(queue) - turnOf(first) : 0;
      if (!first || later < 0 || (later === 0 && queue.turn < first.turn)) first = queue;
    }
    return first;
  }

  #first(wanted: (queue: Queue) => boolean): Queue | null {
    let first: Queue | null = null;
    for (const queue of this.queues.values()) if (wanted(queue) && (!first || queue.turn < first.turn)) first = queue;
    return first;
  }

  nextTurn(): number {
    return ++this.#lastTurn;
  }
  turnOf(functionId: string): number {
    return this.turns.get(functionId) ?? 0;
  }
  setTurn(functionId: string, turn: number): void {
    this.turns.set(functionId, turn);
  }

  // ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  head(queue: number): FlowRun | null {
    let first: FlowRun | null = null;
    for (const run of this.tables.runs.values()) {
      if (run.flow?.queue !== queue) continue;
      const place = run.flow.place ?? 0;
      const before = first?.place ?? 0;
      if (!first || place < before || (place === before && run.place < first.n)) first = toFlowRun(run, run.flow);
    }
    return first;
  }

  run(n: number): FlowRun {
    const run = this.#stored(n);
    if (!run.flow) throw new Error(`internal error: run ${n} belongs to no line`);
    return toFlowRun(run, run.flow);
  }

  putFlow(run: FlowRun, { line, queue, place, slots, wants, headStartMs }: FlowState): void {
    const { place: n, record } = this.#stored(run.n);
    const flow = { line, queue, place, slots, wants, headStartMs };
    this.tables.putRun(n, { ...record, slots: slots || null }, flow);
  }

  hasDue(functionId: string, now: number): boolean {
    return this.dueFunctions(now).includes(functionId);
  }

  dueFunctions(now: number): string[] {
    const due = this.tables.queue.due(now);
    return [...new Set(due.map(({ place }) => this.#stored(place).record.functionId))];
  }

  due(functionId: string, now: number, limit: number): DueRun[] {
    const found: DueRun[] = [];
    for (const { place, runId, queueAt } of this.tables.queue.due(now)) {
      const run = this.#stored(place);
      const { record, flow } = run;
      if (record.functionId !== functionId) continue;
      found.push({
        n: place,
        id: runId,
        queueAt,
        isInvoked: record.parent !== null,
        flow: flow && toFlowRun(run, flow),
      });
      if (found.length === limit) break;
    }
    return found;
  }

  moveRun(n: number, queueAt: number): void {
    const { record, flow } = this.#stored(n);
    this.tables.putRun(n, { ...record, queueAt }, flow);
  }

  eventOf(n: number): string {
    return this.#stored(n).record.eventId;
  }

  renewRun(n: number, eventId: string, queueAt: number): void {
    this.giveEvents(n, [eventId]);
    this.moveRun(n, queueAt);
  }

  giveEvents(n: number, eventIds: readonly [string, ...string[]]): void {
    const { record, flow } = this.#stored(n);
    this.tables.putRun(n, { ...record, eventIds, eventId: eventIds[0] }, flow);
  }

  linkEvent(eventId: string, n: number): void {
    this.tables.runsOfEvent.set(eventId, this.#stored(n).record.id, true);
  }

  skipRun({ n }: { readonly n: number }, reason: SkipReason, now: number): void {
    const { record } = this.#stored(n);
    const output = JSON.stringify(reason);
    this.tables.putRun(n, { ...record, status: "skipped", endedAt: now, output, queueAt: null }, null);
  }

  #stored(n: number): StoredRun {
    const run = this.tables.runByPlace(n);
    if (!run) throw new Error(`internal error: there is no run ${n}`);
    return run;
  }

  // ── rates, gathers, singletons ───────────────────────────────────────────────────────────────────────────────────

  rate(key: string): RateRow | null {
    return this.rates.get(key) ?? null;
  }
  rateStart(key: string, number: number): number | null {
    return this.#keptStarts(key).find((start) => start.number >= number)?.at ?? null;
  }
  firstRateStarts(key: string): { number: number; at: number }[] {
    return this.#keptStarts(key).slice(0, 3);
  }

  /** In the order in which they were made. */
  #keptStarts(key: string): { number: number; at: number }[] {
    return this.rateStarts.names(key).map((number) => ({ number, at: this.rateStarts.get(key, number) ?? 0 }));
  }

  addRateStart(key: string, { number, at, expiresAt }: Parameters<FlowRows["addRateStart"]>[1]): void {
    this.rates.set(key, { next: number + 1, newest: at, expiresAt });
    this.rateStarts.set(key, number, at);
  }
  deleteRateStart(key: string, number: number): void {
    this.rateStarts.delete(key, number);
  }

  gather(key: string): Gather | null {
    return this.gathers.get(key) ?? null;
  }
  gatherOf(run: number): Gather | null {
    for (const gather of this.gathers.values()) if (gather.run === run) return gather;
    return null;
  }
  putGather(gather: Gather): void {
    this.gathers.set(gather.key, gather);
  }
  addGathered(run: number, index: number, eventId: string): void {
    this.events.set(run, index, eventId);
  }
  gathered(run: number): string[] {
    return this.events.list(run);
  }

  deleteGather(key: string): void {
    const gather = this.gathers.get(key);
    if (!gather) return;
    this.gathers.delete(key);
    for (const index of this.events.names(gather.run)) this.events.delete(gather.run, index);
  }

  single(key: string): string | null {
    return this.singles.get(key) ?? null;
  }
  setSingle(key: string, runId: string | null): void {
    if (runId === null) this.singles.delete(key);
    else this.singles.set(key, runId);
  }
  addSuperseded(runId: string): void {
    this.superseded.set(runId, true);
  }
  deleteSuperseded(runId: string): void {
    this.superseded.delete(runId);
  }
}

function toFlowRun({ place, record }: StoredRun, flow: FlowState): FlowRun {
  const { id, owner, startedAt } = record;
  return { ...flow, n: place, id, leased: owner !== null, started: startedAt !== null };
}
