/**
 * What debounce, batch, rate limit and singleton promise, told by lists of everything that ever came: the reference that random
 * histories are held against. Nothing here is kept up to date from event to event; each answer is computed from the list.
 */
import type { LineSpec, RunControl } from "./flow-records.js";

export type GatherPolicy =
  | {
      readonly kind: "debounce";
      readonly periodMs: number;
      readonly timeoutMs: number | null;
      readonly collect: boolean;
    }
  | { readonly kind: "batch"; readonly maxSize: number; readonly timeoutMs: number }
  | { readonly kind: "rateLimit"; readonly limit: number; readonly periodMs: number }
  | { readonly kind: "singleton"; readonly mode: "skip" | "cancel" };

type RatePolicy = Extract<GatherPolicy, { readonly kind: "rateLimit" }>;

/** A deployment may make any period as long as this, in ms: earlier starts count for it. */
const longestRatePeriodMs = 86_400_000;

export interface CameEvent {
  readonly id: string;
  readonly ts: number;
  readonly at: number;
}

interface ModelRun {
  readonly id: string;
  readonly key: string;
  readonly at: number;
  readonly events: CameEvent[];
  state: "open" | "leased" | "ended";
  /** It takes further events in. */
  gathers: boolean;
  /** It holds its key until it ends, also while nobody executes it. */
  started: boolean;
  superseded: boolean;
  /** When it was full, if it ever was. */
  fullAt: number | null;
  /** Since when it is to be executed again; null when nobody lost it. */
  againAt: number | null;
}

/** What becomes of an event. */
export type Fate =
  | { readonly kind: "starts"; readonly supersedes: string | null }
  | { readonly kind: "merged"; readonly into: string }
  | { readonly kind: "skipped" };

/** How the run of an event under `key` is held back by the policy. */
export function controlBy(policy: GatherPolicy, key: string, ts: number): RunControl {
  const line: LineSpec = {
    hash: JSON.stringify(policy),
    slots: policy.kind === "singleton" ? [{ bucket: `s ${key}`, limit: 1, unit: "run" }] : [],
    throttle: null,
    singleton: policy.kind === "singleton" ? { key: `s ${key}`, mode: policy.mode } : null,
    gathers: policy.kind === "debounce" || policy.kind === "batch",
    ordered: false,
  };
  switch (policy.kind) {
    case "debounce":
    case "batch":
      return { line, headStartMs: 0, rate: null, gather: { key, policy, ts, bytes: 9 } };
    case "rateLimit":
      return { line: null, headStartMs: 0, rate: { ...policy, key }, gather: null };
    case "singleton":
      return { line, headStartMs: 0, rate: null, gather: null };
  }
}

export class GatherReference {
  readonly runs: ModelRun[] = [];
  /** Starts that a rate limit counted, by key. */
  readonly #starts = new Map<string, { readonly at: number; readonly policy: RatePolicy }[]>();

  constructor(public policy: GatherPolicy) {}

  arrive(runId: string, key: string, event: CameEvent): Fate {
    const { policy } = this;
    const pending = this.runs.find((run) => run.key === key && run.gathers);
    // Full since a deployment.
    if (pending?.fullAt != null) Object.assign(pending, { gathers: false, fullAt: event.at });
    else if (pending) {
      pending.events.push(event);
      this.#closeIfFull(pending, event.at);
      return { kind: "merged", into: pending.id };
    }
    if (policy.kind === "rateLimit" && !this.#mayStart(key, event.at)) return { kind: "skipped" };
    // The others have been told to make way.
    const holder = this.runs.find((run) => run.key === key && run.state !== "ended" && !run.superseded);
    if (policy.kind === "singleton" && holder && policy.mode === "skip") return { kind: "skipped" };
    const gathers = policy.kind === "debounce" || policy.kind === "batch";
    const made: ModelRun = {
      id: runId,
      key,
      at: event.at,
      events: [event],
      state: "open",
      gathers,
      started: false,
      superseded: false,
      fullAt: null,
      againAt: null,
    };
    this.runs.push(made);
    this.#closeIfFull(made, event.at);
    if (policy.kind !== "singleton" || !holder) return { kind: "starts", supersedes: null };
    holder.superseded = true;
    return { kind: "starts", supersedes: holder.id };
  }

  /** The runs that a claim must give at this moment, all of them, and for which events each is. */
  claimable(now: number): Map<string, readonly string[]> {
    const found = new Map<string, readonly string[]>();
    for (const run of this.runs) {
      if (run.state !== "open" || this.#dueAt(run) > now) continue;
      if (this.policy.kind === "singleton" && this.#isBehind(run)) continue;
      found.set(run.id, this.#eventsOf(run));
    }
    return found;
  }

  claimed(id: string): void {
    const run = this.#run(id);
    Object.assign(run, { state: "leased", started: true, gathers: false });
  }

  end(id: string): void {
    Object.assign(this.#run(id), { state: "ended", gathers: false });
  }

  /** Nobody executes anything any more. */
  crash(now: number): void {
    for (const run of this.runs) if (run.state === "leased") Object.assign(run, { state: "open", againAt: now });
  }

  /** What has expired may be forgotten: a clock that is set back later does not bring it back. */
  sweep(now: number): void {
    if (this.policy.kind !== "rateLimit") return;
    for (const [key, starts] of this.#starts) {
      if (Math.max(...starts.map(({ at }) => at)) + longestRatePeriodMs <= now) this.#starts.delete(key);
    }
  }

  /** A deployment with other times or sizes: they hold for what is gathered already. */
  deploy(policy: GatherPolicy, now: number): void {
    this.policy = policy;
    if (policy.kind !== "batch") return;
    for (const run of this.runs) {
      if (!run.gathers) continue;
      // It starts now; another deployment may change that, as long as it has not.
      run.fullAt = run.events.length >= policy.maxSize ? now : null;
    }
  }

  /** Runs that could be ended: somebody executes them, or another one has taken their place. */
  get endable(): readonly { readonly id: string; readonly superseded: boolean }[] {
    return this.runs.filter(({ state, superseded }) => state === "leased" || (state === "open" && superseded));
  }

  /** Those that a deployment lines up anew, with the event that each is for. */
  get unleased(): readonly { readonly id: string; readonly key: string; readonly events: readonly CameEvent[] }[] {
    return this.runs.filter(({ state }) => state === "open");
  }

  /** A start that made more than its limit of them in the window that it ends, by the limit and the period that were in force then. */
  overLimit(): boolean {
    return [...this.#starts.values()].some((starts) =>
      starts.some(({ at, policy: { limit, periodMs } }, index) => {
        const window = starts.slice(0, index + 1).filter((other) => other.at > at - periodMs);
        return window.length > limit;
      }),
    );
  }

  #mayStart(key: string, now: number): boolean {
    const { policy } = this;
    if (policy.kind !== "rateLimit") return true;
    const starts = this.#starts.get(key) ?? [];
    // Where the clock was set back, time stands still until it has caught up.
    const at = Math.max(now, ...starts.map((start) => start.at));
    if (starts.filter((start) => start.at > at - policy.periodMs).length >= policy.limit) return false;
    this.#starts.set(key, [...starts, { at, policy }]);
    return true;
  }

  #closeIfFull(run: ModelRun, now: number): void {
    if (!run.gathers || this.policy.kind !== "batch" || run.events.length < this.policy.maxSize) return;
    run.gathers = false;
    run.fullAt = now;
  }

  #dueAt(run: ModelRun): number {
    const { policy } = this;
    const [first] = run.events;
    const last = run.events.at(-1);
    if (run.againAt !== null) return run.againAt;
    // It has been in line since it came, whatever the clock says now.
    if (policy.kind === "singleton") return Number.NEGATIVE_INFINITY;
    if (!first || !last || run.fullAt !== null) return run.fullAt ?? run.at;
    if (policy.kind === "batch") return first.at + policy.timeoutMs;
    if (policy.kind !== "debounce") return run.at;
    return Math.min(last.at + policy.periodMs, first.at + (policy.timeoutMs ?? Number.POSITIVE_INFINITY));
  }

  #isBehind(run: ModelRun): boolean {
    if (run.started) return false;
    return this.runs.some((other) => {
      if (other === run || other.key !== run.key || other.state === "ended") return false;
      // By the clock, as it was when they came.
      const isEarlier = other.at < run.at || (other.at === run.at && this.runs.indexOf(other) < this.runs.indexOf(run));
      return other.started || isEarlier;
    });
  }

  #eventsOf(run: ModelRun): string[] {
    const ids = run.events.map(({ id }) => id);
    if (this.policy.kind !== "debounce") return ids;
    const newest = run.events.reduce((best, event) => (event.ts >= best.ts ? event : best)).id;
    return this.policy.collect ? [newest, ...ids.filter((id) => id !== newest)] : [newest];
  }

  #run(id: string): ModelRun {
    const run = this.runs.find((each) => each.id === id);
    if (!run) throw new Error(`${id} was never made`);
    return run;
  }
}
