/**
 * How many random histories a model test tries, and from which seed. `STEPWRIGHT_HISTORIES`: how many (default 300; `test:full` has 10,000).
 * `STEPWRIGHT_HISTORY_SEED`: repeats a failing one alone, together with the `path` that fast-check prints, as `<seed>` or
 * `<seed>/<path>`.
 */
export function historySettings(
  name: string,
  most = Number.POSITIVE_INFINITY,
): { numRuns: number; seed: number; path?: string } {
  const [seedText, path] = (process.env["STEPWRIGHT_HISTORY_SEED"] ?? String(Date.now() % 1_000_000)).split("/");
  const seed = Number(seedText);
  const numRuns = Math.min(most, Number(process.env["STEPWRIGHT_HISTORIES"] ?? 300));
  console.log(`${name}: ${numRuns} histories, seed ${seed}${path === undefined ? "" : `, path ${path}`}`);
  return { numRuns, seed, ...(path === undefined ? {} : { path }) };
}
