/** One limit that a run must find room under before it executes. */
export interface SlotDemand {
  /** Names what is counted: all that give the same bucket share it, each under its own limit. */
  readonly bucket: string;
  readonly limit: number;
  /** `step`: held while steps execute. `run`: held from the first step until the run has ended. */
  readonly unit: "step" | "run";
}

/** The first demand that finds no room; null when all do. All or none are taken, so that nobody holds one and waits for another. */
export function firstWithoutRoom(demands: readonly SlotDemand[], held: (bucket: string) => number): SlotDemand | null {
  for (const demand of demands) if (held(demand.bucket) >= demand.limit) return demand;
  return null;
}
