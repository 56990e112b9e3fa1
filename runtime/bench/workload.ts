import type { Sample } from "./statistics.js";

/** A goal, and whether a median reaches it. */
export interface Target {
  readonly figure: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** One line of the table: what is measured, how, and what others reach. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly targets: readonly Target[];
  /** Figures of the peers on two cores of this kind; see docs of each workload for what they count. */
  readonly peers: string;
  readonly settings: Readonly<Record<string, string | number>>;
  /** One repetition, in fresh processes on a new database in `folder`. */
  readonly measure: (context: MeasureContext) => Promise<Sample>;
}

export interface MeasureContext {
  /** A folder of its own for each repetition, on disk. */
  readonly folder: string;
  /** Also measure the peers' packages, which have to be installed for it. */
  readonly withPeers: boolean;
}
