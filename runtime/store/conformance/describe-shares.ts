import { expect, it } from "vitest";
import type { LineSpec, Store } from "../store.js";
import { claim, must } from "./apply.js";
import { add, line, slot } from "./sample-control.js";
import { sampleRun, t0, write } from "./sample-records.js";
import type { StoreUnderTest } from "./store-under-test.js";

/** Runs that wait: of a function, under a key that lets two execute, and mostly under a limit of the account as well. */
interface Crowd {
  readonly fn: string;
  /** Null for runs that nothing holds back. */
  readonly key: string | null;
  readonly count: number;
  readonly headStartMs?: (n: number) => number;
}

const idsOf = (runs: readonly { readonly id: string }[]): string[] => runs.map(({ id }) => id);
const violations = async (store: Store) => (await store.verify(t0)).filter(({ code }) => code !== "dead-lease");

/** So many slots has the account. */
const ofAccount = 6;

function lineOf({ fn, key }: Crowd): LineSpec | null {
  if (key === null) return null;
  const slots = [
    { bucket: `${fn} "${key}" concurrency#0`, limit: 2, unit: "step" },
    { bucket: 'account "shared" concurrency', limit: ofAccount, unit: "step" },
  ] as const;
  return { hash: "1", slots, throttle: null, singleton: null, gathers: false, ordered: true };
}

async function wait(store: Store, crowds: readonly Crowd[]): Promise<void> {
  // The busy ones first: they have waited longest.
  for (const [at, crowd] of crowds.entries()) {
    const runs = Array.from({ length: crowd.count }, (_, n) => {
      const id = `${crowd.fn} ${crowd.key ?? "plain"} ${n}`;
      const run = sampleRun(id, { functionId: crowd.fn, createdAt: t0 + at, queueAt: t0 + at });
      const line = lineOf(crowd);
      if (!line) return write.run(run);
      const control = { line, headStartMs: crowd.headStartMs?.(n) ?? 0, rate: null, gather: null };
      return { kind: "run", run, uniques: [], control } as const;
    });
    await must(store, ...runs);
  }
}

/** How large a share each function has, each of its keys, and who is told apart by priority alone. */
export function describeShares(current: () => StoreUnderTest): void {
  const crowds: readonly Crowd[] = [
    ...["a", "b", "c", "d", "e"].map((key) => ({ fn: "many", key, count: 60 })),
    { fn: "one", key: "x", count: 60, headStartMs: (n) => n },
    { fn: "two", key: "y", count: 60 },
    { fn: "two", key: "z", count: 60, headStartMs: () => 600_000 },
    { fn: "free", key: null, count: 60 },
  ];

  it.each([
    ["as many as there is room for", 100],
    ["one", 1],
  ])("gives functions equal shares of what the account lets through, and their keys: %s at a time", async (_, most) => {
    const store = current().store;
    await wait(store, crowds);
    const executing: string[] = [];
    const begun: string[] = [];
    for (let now = t0 + 1_000; begun.length < 60; now++) {
      const ids = idsOf(await claim(store, "w1", now, most));
      // Who is free takes no part in it.
      for (const id of ids.filter((each) => each.startsWith("free"))) await must(store, write.end(id));
      const limited = ids.filter((each) => !each.startsWith("free"));
      begun.push(...limited);
      executing.push(...limited);
      expect(executing.length).toBeLessThanOrEqual(ofAccount);
      if (ids.length === most) continue;
      // Three end together, who began first; then one.
      for (const id of executing.splice(0, now % 2 === 0 ? 3 : 1)) await must(store, write.end(id));
    }
    const shares: Record<string, number> = {};
    for (const id of begun.slice(0, 60)) {
      const [fn = "", key = ""] = id.split(" ");
      shares[`${fn} ${key}`] = (shares[`${fn} ${key}`] ?? 0) + 1;
    }
    // A third for each function: a fifth of it for each of five keys, the half for each of two, whatever their priority.
    const many = { "many a": 4, "many b": 4, "many c": 4, "many d": 4, "many e": 4 };
    expect(shares).toEqual({ ...many, "one x": 20, "two y": 10, "two z": 10 });
    // Within its queue the highest priority is first.
    const ofOne = begun.filter((id) => id.startsWith("one")).map((id) => Number(id.split(" ")[2]));
    expect(ofOne).toEqual(ofOne.map((_, n) => 59 - n));
    expect(await violations(store)).toEqual([]);
  });

  it("serves functions in turn, and the keys of one in turn, however many wait", async () => {
    const store = current().store;
    const keyed = (key: string) => ({ line: line({ slots: [slot(key, 1_000)] }) });
    for (let i = 0; i < 200; i++) await add(store, `busy${i}`, keyed("busy"), { fn: "f", at: t0 + i });
    for (let i = 0; i < 40; i++) {
      await add(store, `calm${i}`, keyed("calm"), { fn: "f", at: t0 + 500 });
      await add(store, `other${i}`, keyed("other"), { fn: "g", at: t0 + 500 });
      await must(store, write.run(sampleRun(`plain${i}`, { functionId: "h", queueAt: t0 + 500 })));
    }
    const shares: Record<string, number> = {};
    for (let i = 0; i < 12; i++) {
      for (const id of idsOf(await claim(store, "w1", t0 + 1_000, 7))) {
        const name = id.replace(/\d+/, "");
        shares[name] = (shares[name] ?? 0) + 1;
      }
    }
    // A third for each function, and the one that has two keys halves its own.
    expect(shares).toEqual({ plain: 28, other: 28, busy: 14, calm: 14 });
  });

  it("serves functions without limits in turn, and what a function has with a limit and without", async () => {
    const store = current().store;
    const plain = async (name: string, functionId: string, count: number, at: number) => {
      for (let i = 0; i < count; i++)
        await must(store, write.run(sampleRun(`${name}${i}`, { functionId, queueAt: at })));
    };
    await plain("busy", "f", 120, t0);
    await plain("calm", "g", 24, t0 + 500);
    await plain("free", "h", 30, t0 + 500);
    for (let i = 0; i < 30; i++) {
      await add(store, `held${i}`, { line: line({ slots: [slot("b", 1_000)] }) }, { fn: "h", at: t0 + 500 });
    }
    const shares: Record<string, number> = {};
    const take = async (limit: number) => {
      const ids = idsOf(await claim(store, "w1", t0 + 1_000, limit));
      for (const id of ids) {
        const name = id.replace(/\d+/, "");
        shares[name] = (shares[name] ?? 0) + 1;
      }
      return ids;
    };
    for (const limit of [1, 2, 3, 7, 11, 1, 11, 36]) await take(limit);
    // A third for each function, however many of one wait; the one that has both kinds halves its own.
    expect(shares).toEqual({ busy: 24, calm: 24, free: 12, held: 12 });
    // One that has no more leaves its share to the others; within a function the order is that of the times.
    const rest = await take(1_000);
    expect(shares).toEqual({ busy: 120, calm: 24, free: 30, held: 30 });
    expect(rest.filter((id) => id.startsWith("busy")).slice(0, 2)).toEqual(["busy24", "busy25"]);
    expect(await current().store.runs.nextQueueAt()).toBeNull();
    expect(await violations(store)).toEqual([]);
  });
}
