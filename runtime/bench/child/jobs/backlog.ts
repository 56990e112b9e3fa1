import type { LineSpec, Store, Transition } from "../../../store/store.js";
import { openSqliteStore } from "../../../store/sqlite/open-sqlite-store.js";
import { median } from "../../statistics.js";
import type { Job } from "../job.js";
import { collectGarbage, seconds } from "../measuring.js";

const runsPerKey = 100;
const claimSize = 500;
const perCommit = 1_000;
const rounds = 20;

/** What a claim costs with `runs` runs in the lines of `runs / 100` keys, and what in the plain queue. */
export async function measureBacklog(job: Job & { name: "backlog" }): Promise<Record<string, number>> {
  const store = await openSqliteStore({ path: job.database });
  const begun = performance.now();
  const keys = job.runs / runsPerKey;
  await fill(store, job.runs, keys);
  const filledSeconds = seconds(begun);
  const lined = await claimRounds(store, keys);
  await store.close();
  // In a file of its own: beside lines it would be served in turn with them.
  const other = await openSqliteStore({ path: `${job.database}.plain` });
  await fill(other, Math.max(job.runs / 10, 1_000), 0);
  const plain = await claimRounds(other, 0);
  await other.close();
  return { claimMicrosPerRun: lined, plainClaimMicrosPerRun: plain, filledSeconds };
}

let made = 0;
const t0 = 1_700_000_000_000;

/** With 0 keys into the plain queue. */
async function fill(store: Store, runs: number, keys: number): Promise<void> {
  for (let i = 0; i < runs; i += perCommit) {
    const transitions: Transition[] = [];
    for (let j = i; j < Math.min(i + perCommit, runs); j++) {
      const spec: LineSpec = {
        hash: "bench",
        slots: [{ bucket: `key ${(made * 7_919) % keys}`, limit: runsPerKey, unit: "step" }],
        throttle: null,
        singleton: null,
        gathers: false,
        ordered: false,
      };
      const run = {
        id: `r${made++}`,
        functionId: keys > 0 ? "bench-lined" : "bench-plain",
        functionHash: "h",
        eventIds: ["e"] as const,
        parent: null,
        createdAt: t0 + made,
        owner: null,
        queueAt: t0 + made,
        watches: [],
      };
      const control = keys > 0 ? { line: spec, headStartMs: 0, rate: null, gather: null } : null;
      transitions.push({ guards: [], writes: [{ kind: "run", run, uniques: [], control }] });
    }
    await store.commit(transitions);
  }
}

/** Claims and ends, and fills up again what a small backlog has lost. Gives the microseconds a run of the claims alone. */
async function claimRounds(store: Store, keys: number): Promise<number> {
  const times: number[] = [];
  collectGarbage();
  const now = t0 + 1e9;
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    const [outcome] = await store.commit([
      { guards: [], writes: [{ kind: "claim", owner: "w", now, limit: claimSize }] },
    ]);
    const micros = (performance.now() - begun) * 1_000;
    const [result] = outcome?.ok ? outcome.results : [];
    if (result?.kind !== "claim" || result.claimed.length !== claimSize) throw new Error("not so many were claimed");
    times.push(micros / claimSize);
    const ends = result.claimed.map(({ id }): Transition => ({
      guards: [],
      writes: [{ kind: "end", runId: id, status: "completed", output: "1", endedAt: now, hasWakes: false }],
    }));
    await store.commit(ends);
    await fill(store, claimSize, keys);
  }
  return median(times);
}
