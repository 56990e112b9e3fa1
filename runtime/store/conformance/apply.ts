import { expect } from "vitest";
import type { RunRecord } from "../records.js";
import type { Guard, Outcome, Store, Write, WriteResult } from "../store.js";
import { write } from "./sample-records.js";

/** One transition in a commit of its own. */
export async function apply(store: Store, guards: readonly Guard[], ...writes: readonly Write[]): Promise<Outcome> {
  const outcomes = await store.commit([{ guards, writes }]);
  expect(outcomes).toHaveLength(1);
  return outcomes[0]!;
}

/** As `apply`, for a transition that must happen; gives its results. */
export async function must(store: Store, ...writes: readonly Write[]): Promise<readonly WriteResult[]> {
  const outcome = await apply(store, [], ...writes);
  expect(outcome).toMatchObject({ ok: true });
  return outcome.ok ? outcome.results : [];
}

export async function claim(store: Store, owner: string, now: number, limit = 100): Promise<readonly RunRecord[]> {
  const [result] = await must(store, write.claim(owner, now, limit));
  return result?.kind === "claim" ? result.claimed : [];
}

export async function runOf(store: Store, id: string): Promise<RunRecord> {
  const run = await store.runs.get(id);
  if (!run) throw new Error(`no run ${id}`);
  return run;
}

export async function journalKeys(store: Store, id: string): Promise<string[]> {
  const [snapshot] = await store.runs.snapshots([id]);
  return (snapshot?.journal ?? []).map((entry) => entry.key);
}
