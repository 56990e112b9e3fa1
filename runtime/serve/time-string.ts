const units = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** A length of time as the protocol writes it. @example timeString(5_400_000) // "1h30m" */
export function timeString(ms: number): string {
  let left = Math.max(0, Math.round(ms));
  let text = "";
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || "0s";
}
