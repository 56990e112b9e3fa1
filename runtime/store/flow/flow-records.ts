/** What the store keeps to hold runs back: plain data, the same in every implementation. */
import type { Batch, BatchState } from "../../engine/3-control/policies/batch.js";
import type { SlotDemand } from "../../engine/3-control/policies/concurrency.js";
import type { Debounce, DebounceState } from "../../engine/3-control/policies/debounce.js";
import type { RateLimit } from "../../engine/3-control/policies/rate-limit.js";
import type { Singleton } from "../../engine/3-control/policies/singleton.js";
import type { Throttle, ThrottleState } from "../../engine/3-control/policies/throttle.js";

export type { SlotDemand, Throttle };

/** What all runs of one line have in common, so that they can only be served one after the other. */
export interface LineSpec {
  /** Tells the policies apart under which it was made: a deployment that changes them lines its runs up anew. */
  readonly hash: string;
  /** Limits of concurrency; the run of a singleton demands one, too. */
  readonly slots: readonly SlotDemand[];
  readonly throttle: (Throttle & { readonly bucket: string }) | null;
  readonly singleton: Singleton | null;
  /** Its runs may be gathering events (debounce, batch) before they start. */
  readonly gathers: boolean;
  /** Runs queue for the sake of their order alone. */
  readonly ordered: boolean;
}

/** How a new run is held back, made by stage 3 of the engine from the configuration and the event. */
export interface RunControl {
  /** Null when nothing holds the run back once it has been admitted. */
  readonly line: LineSpec | null;
  readonly headStartMs: number;
  readonly rate: (RateLimit & { readonly key: string }) | null;
  readonly gather: GatherEntry | null;
}

/** The event of a new run as a part of one that gathers. */
export interface GatherEntry {
  readonly key: string;
  readonly policy: Debounce | Batch;
  readonly ts: number;
  /** Of the event's JSON. */
  readonly bytes: number;
}

/** Runs that wait for the same. It is there while runs that have not ended belong to it. */
export interface Line {
  readonly n: number;
  readonly functionId: string;
  readonly spec: LineSpec;
}

/**
 * What is counted under one name. `held` slots; `limit` is that of the last who took one. `queues` wait for it or may
 * come to, `blocked` of them until there is room in it. `wakeAt`: when a throttle lets the next one start.
 */
export interface Bucket {
  readonly key: string;
  readonly held: number;
  readonly limit: number;
  readonly queues: number;
  readonly blocked: number;
  readonly throttle: ThrottleState | null;
  readonly wakeAt: number | null;
}

/**
 * The runs of a line that wait, in the order of (place, insertion). `n` is `2 * line` for those that have not started, `2 * line + 1`
 * for those that go on. There is one only while somebody waits in it.
 */
export interface Queue {
  readonly n: number;
  readonly functionId: string;
  /** Queues are served in this order, each moving to the end when it has been. */
  readonly turn: number;
  /** The bucket that its first run found full; null when it may be tried. */
  readonly blockedOn: string | null;
  /** The limit that it has there. */
  readonly blockedLimit: number;
  /** So many runs wait in it. */
  readonly size: number;
}

/** How a run stands in its line. */
export interface FlowState {
  readonly line: number;
  readonly queue: number | null;
  /** Its order in the queue: when it came, less its head start. */
  readonly place: number | null;
  /** So many of its steps may execute at one time; 0 while it is not leased. */
  readonly slots: number;
  /** So many it would like to have. */
  readonly wants: number;
  readonly headStartMs: number;
}

interface GatherBase {
  readonly key: string;
  /** The place of the run in the order of insertion. */
  readonly run: number;
  readonly runId: string;
  /** How many events it has taken in. */
  readonly count: number;
  /** The line of the run. */
  readonly line: number;
}

/** A run that still takes events in. */
export type Gather =
  | (GatherBase & { readonly kind: "debounce"; readonly policy: Debounce; readonly state: DebounceState })
  | (GatherBase & { readonly kind: "batch"; readonly policy: Batch; readonly state: BatchState });

/** The starts under one key that a rate limit counts. */
export interface RateRow {
  /** The number of the next start; they are numbered from 0. */
  readonly next: number;
  readonly newest: number;
}

export function emptyBucket(key: string): Bucket {
  return { key, held: 0, limit: 0, queues: 0, blocked: 0, throttle: null, wakeAt: null };
}

/** Why a run was not started, as its `output` says it. */
export type SkipReason =
  | { readonly policy: "rateLimit"; readonly message: string; readonly until: number }
  | { readonly policy: "singleton"; readonly message: string; readonly runId: string };

/** What became of a run write with control. */
export type RunFate =
  | { readonly kind: "leased" }
  | { readonly kind: "queued" }
  /** The event went into another run, which is still to start. */
  | { readonly kind: "merged"; readonly into: string }
  | { readonly kind: "skipped"; readonly reason: SkipReason };

/** For people: what a run that has not started, or not gone on, waits for. */
export type Waiting =
  | {
      readonly kind: "gathering";
      readonly policy: "debounce" | "batch";
      readonly events: number;
      /** Of a batch: so many are a full one. */
      readonly of: number | null;
      readonly until: number;
    }
  | {
      readonly kind: "line";
      /** `turn`: nothing holds it back but those before it. */
      readonly policy: "concurrency" | "throttle" | "turn";
      /** What it waits for, and the limit there; null when it waits for its turn alone. */
      readonly bucket: string | null;
      readonly limit: number | null;
      /** So many wait before it in its line. */
      readonly ahead: number;
      /** Of a throttle: when this run starts, if no other comes before it. */
      readonly until: number | null;
    };
