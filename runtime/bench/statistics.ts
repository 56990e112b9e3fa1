/** The middle value; of an even number of values the lower one, as the peers' figures have it. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that the share `p` of all values does not exceed. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
}

/** The figures of one repetition. */
export type Sample = Readonly<Record<string, number>>;

export interface Summary {
  readonly medians: Record<string, number>;
  /** Smallest and largest of each figure. */
  readonly spread: Record<string, readonly [number, number]>;
}

export function summarise(samples: readonly Sample[]): Summary {
  const medians: Record<string, number> = {};
  const spread: Record<string, readonly [number, number]> = {};
  for (const key of Object.keys(samples[0] ?? {})) {
    const values = samples.map((sample) => sample[key] ?? Number.NaN);
    medians[key] = round(median(values));
    spread[key] = [round(Math.min(...values)), round(Math.max(...values))];
  }
  return { medians, spread };
}

/** Four significant digits: more would be noise. */
function round(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(4));
}
