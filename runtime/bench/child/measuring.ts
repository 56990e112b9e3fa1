/** Collects garbage, so that what was before is not paid for in what is measured next. */
export function collectGarbage(): void {
  globalThis.gc?.();
}

/** Seconds since a moment of `performance.now()`. */
export const seconds = (since: number): number => (performance.now() - since) / 1000;

/** User and system time of this process since `before`, in seconds. */
export const cpuSeconds = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

/** The most memory that this process has had, in MB. */
export const peakMb = (): number => process.resourceUsage().maxRSS / 1024;
