/**
 * How many random histories a model test tries, and from which seed.
 *
 * `STEPWRIGHT_HISTORIES`: how many (default 300; `test:full` has 10,000). `STEPWRIGHT_HISTORY_SEED`: another seed than 1, which each
 * build has, so that a change is never refused for what it has not done. `random` looks for what no build has seen;
 * `<seed>` or `<seed>/<path>`, as they are printed, repeats a failing history alone.
 */
export function historySettings(
  name: string,
  most = Number.POSITIVE_INFINITY,
): { numRuns: number; seed: number; path?: string } {
  const [seedText, path] = (process.env["STEPWRIGHT_HISTORY_SEED"] ?? "1").split("/");
  const seed = seedText === "random" ? Date.now() % 1_000_000 : Number(seedText);
  const numRuns = Math.min(most, Number(process.env["STEPWRIGHT_HISTORIES"] ?? 300));
  console.log(`${name}: ${numRuns} histories, seed ${seed}${path === undefined ? "" : `, path ${path}`}`);
  return { numRuns, seed, ...(path === undefined ? {} : { path }) };
}
