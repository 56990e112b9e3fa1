/** A head start is at most this long, either way, in seconds. */
export const largestHeadStart = 600;

/**
 * How much earlier than it came a run takes its place, in ms: −600,000 to 600,000. What the expression gives beyond is cut; what is no number is none.
 */
export function headStartMs(value: unknown): number {
  const seconds = typeof value === "bigint" ? Number(value) : value;
  if (typeof seconds !== "number" || Number.isNaN(seconds)) return 0;
  const cut = Math.min(largestHeadStart, Math.max(-largestHeadStart, Math.trunc(seconds)));
  return cut === 0 ? 0 : cut * 1000;
}
