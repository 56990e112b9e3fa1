/**
 * What flow control promises, told by lists alone: the reference that the random histories of the stores are held
 * against. It decides nothing; it looks at what was decided.
 */
import type { SlotDemand, Throttle } from "./flow-records.js";

export interface ReferenceRun {
  readonly id: string;
  readonly line: string;
  readonly order: number;
  slots: readonly SlotDemand[];
  readonly throttle: (Throttle & { readonly bucket: string }) | null;
  readonly headStartMs: number;
  /** Since when it waits, less its head start; null while it does not. */
  place: number | null;
  /** When it may be claimed; null while it is leased or has ended. */
  dueAt: number | null;
  started: boolean;
  /** Slots for executing steps that it has; 0 while nobody executes it. */
  holds: number;
  ended: boolean;
}

export class FlowReference {
  readonly runs = new Map<string, ReferenceRun>();
  readonly #starts: { readonly bucket: string; readonly at: number }[] = [];

  get leased(): ReferenceRun[] {
    return [...this.runs.values()].filter((run) => run.dueAt === null && !run.ended);
  }

  held(bucket: string): number {
    let count = 0;
    for (const run of this.runs.values()) {
      if (run.ended) continue;
      for (const demand of run.slots) {
        if (demand.bucket !== bucket) continue;
        count += demand.unit === "step" ? run.holds : run.started ? 1 : 0;
      }
    }
    return count;
  }

  /**
   * What one claim gave out: runs in `started` and further slots in `granted`, each list in its order. The two were given in turns, and
   * the store does not tell which came before which; there has to be one order in which each of them was right.
   * @throws Error when there is none: that of the last order tried
   */
  give(started: readonly string[], granted: readonly { runId: string; slots: number }[], now: number): void {
    const [run, ...runs] = started;
    const [more, ...others] = granted;
    if (run === undefined && !more) return;
    const undo = this.#mark();
    try {
      if (run !== undefined) {
        this.start(run, now);
        this.give(runs, granted, now);
        return;
      }
    } catch (error) {
      if (!more) throw error;
      undo();
    }
    if (!more) return;
    this.grant(more.runId, more.slots, now);
    this.give(started, others, now);
  }

  /** Remembers how everything stands. The function returned puts it back. */
  #mark(): () => void {
    const runs = [...this.runs.values()].map((run) => ({ run, before: { ...run } }));
    const count = this.#starts.length;
    return () => {
      for (const { run, before } of runs) Object.assign(run, before);
      this.#starts.length = count;
    };
  }

  /** The run was given to somebody. @throws Error when it should not have been */
  start(id: string, now: number): void {
    const run = this.runs.get(id);
    if (!run || run.ended || run.dueAt === null) throw new Error(`${id} is not there to be claimed`);
    if (run.dueAt > now) throw new Error(`${id} is claimed ${run.dueAt - now} ms too early`);
    const blocked = this.#reason(run, now);
    if (blocked) throw new Error(`${id} is claimed, though ${blocked}`);
    const earlier = [...this.runs.values()].find(
      (other) =>
        other !== run &&
        !other.ended &&
        other.line === run.line &&
        !other.started &&
        !run.started &&
        before(other, run, now),
    );
    if (earlier) throw new Error(`${id} overtakes ${earlier.id}`);
    if (run.throttle && !run.started) this.#starts.push({ bucket: run.throttle.bucket, at: now });
    run.started = true;
    run.dueAt = null;
    run.holds = 1;
  }

  /** An executing run got more slots. */
  grant(id: string, slots: number, now: number): void {
    const run = this.runs.get(id);
    if (!run || run.ended || run.dueAt !== null) throw new Error(`${id} does not execute`);
    const blocked = run.slots.find(({ unit, bucket, limit }) => unit === "step" && this.held(bucket) >= limit);
    if (blocked) throw new Error(`${id} got a slot of ${blocked.bucket}, which is full`);
    if (slots !== run.holds + 1) throw new Error(`${id} has ${run.holds} slots and got number ${slots} at ${now}`);
    run.holds = slots;
  }

  /** A deployment gives the run other limits: what it holds, it holds under their names. */
  reline(id: string, slots: readonly SlotDemand[]): void {
    const run = this.runs.get(id);
    if (!run) throw new Error(`${id} is not there`);
    const bothCount = [run.slots, slots].every((all) => all.some(({ unit }) => unit === "step"));
    Object.assign(run, { slots, holds: run.dueAt !== null ? 0 : bothCount ? run.holds : 1 });
  }

  /** A run that could be claimed now; null when none could. */
  claimable(now: number): ReferenceRun | null {
    for (const run of this.runs.values()) {
      if (!run.ended && run.dueAt !== null && run.dueAt <= now && this.#reason(run, now) === null) return run;
    }
    return null;
  }

  #reason(run: ReferenceRun, now: number): string | null {
    for (const { bucket, limit, unit } of run.slots) {
      if (run.started && unit === "run") continue;
      if (this.held(bucket) >= limit) return `${bucket} is full`;
    }
    const { throttle } = run;
    if (!throttle || run.started) return null;
    const starts = this.#starts.filter(({ bucket }) => bucket === throttle.bucket).map(({ at }) => at);
    const fits = [...starts, now].every((start, index) => {
      const over = starts.length + 1 - index - (throttle.limit + throttle.burst);
      return over * throttle.periodMs <= (now - start) * throttle.limit;
    });
    return fits ? null : `${throttle.bucket} lets none start`;
  }
}

function before(a: ReferenceRun, b: ReferenceRun, now: number): boolean {
  if (a.place === null || b.place === null || a.dueAt === null || a.dueAt > now) return false;
  return a.place < b.place || (a.place === b.place && a.order < b.order);
}
