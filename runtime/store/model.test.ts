import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  sampleEvent,
  sampleListener,
  sampleRun,
  sampleSleep,
  sampleStep,
  sampleWait,
  t0,
  write,
} from "./conformance/sample-records.js";
import { historySettings } from "../testing/histories.js";
import { createMemoryStore } from "./memory/memory-store.js";
import type { Guard, Outcome, RunFilter, Store, Transition, Write } from "./store.js";
import { openSqliteStore } from "./sqlite/open-sqlite-store.js";

// Few names, so that transitions meet: the same run, step, key, owner.
const runId = fc.constantFrom("r1", "r2", "r3", "r4", "r5");
const eventId = fc.constantFrom("e1", "e2", "e3", "e4", "e5");
const stepKey = fc.constantFrom("a", "b", "c");
const owner = fc.constantFrom("w1", "w2");
const time = fc.integer({ min: 0, max: 9 }).map((ms) => t0 + ms);
const matchKey = fc.constantFrom("", "data.id=1", "data.id=2", "data.x=1");

const guard: fc.Arbitrary<Guard> = fc.oneof(
  fc.record({ kind: fc.constant("lease" as const), runId, epoch: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ kind: fc.constant("open" as const), runId }),
  fc.record({ kind: fc.constant("wake" as const), runId, stepKey }),
  fc.record({ kind: fc.constant("wakes" as const), runId, count: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ kind: fc.constant("schedule" as const), id: fc.constant("s"), nextAt: time }),
);

const failures = fc.constantFrom([], [{ attempt: 0, startedAt: t0, endedAt: t0 + 1, error: "{}" }]);
const step = fc
  .tuple(runId, stepKey, fc.constantFrom("completed" as const, "failed" as const), failures)
  .map(([run, key, status, failed]) => sampleStep(run, key, { status, failures: failed, attempt: failed.length }));
const newRun = fc
  .record({
    id: runId,
    functionId: fc.constantFrom("f", "g"),
    eventIds: fc.constantFrom(["e1"] as const, ["e2"] as const, ["e2", "e3"] as const, ["e1", "e9"] as const),
    owner: fc.option(owner),
    queueAt: time,
    parent: fc.constantFrom(null, { runId: "r1", stepKey: "a" }),
  })
  .map(({ id, ...changes }) => sampleRun(id, changes));

const oneWrite: fc.Arbitrary<Write> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(eventId, fc.constantFrom("order/paid", "x"), fc.option(fc.array(matchKey, { maxLength: 3 })))
      .map(([id, name, keys]) => write.event(sampleEvent(id, { name }), keys)),
  },
  { weight: 4, arbitrary: newRun.map(write.run) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(newRun, fc.constantFrom("k1", "k2"), time)
      .map(([run, key, now]) => write.uniqueRun(run, key, now, now + 3)),
  },
  { weight: 4, arbitrary: fc.tuple(step, fc.boolean()).map(([record, settles]) => write.step(record, settles)) },
  { weight: 2, arbitrary: fc.tuple(step, time).map(([record, now]) => write.resolve(record, now)) },
  {
    weight: 2,
    arbitrary: fc.tuple(runId, stepKey, time).map(([run, key, at]) => write.wake(sampleSleep(run, key, at))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(runId, stepKey, matchKey, time)
      .map(([run, key, match, createdAt]) => write.wake(sampleWait(run, key, { matchKey: match, createdAt }))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(runId, stepKey, fc.constantFrom("s1", "s2"), fc.constantFrom("fail" as const, "replace" as const))
      .map(([run, key, signal, onConflict]) => write.listen(sampleListener(run, key, { signal }), onConflict)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom("s1", "s2"), time, fc.option(step)).map(([signal, now, sender]) =>
      write.signal({
        signal,
        now,
        settle: sender && ((reached) => ({ ...sender, output: JSON.stringify(reached) })),
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(runId, fc.option(time), fc.constantFrom("queued" as const, "waiting" as const))
      .map(([run, at, status]) => write.release(run, at, status)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(runId, fc.constantFrom("completed" as const, "failed" as const, "cancelled" as const), fc.boolean())
      .map(([run, status, hasWakes]) => write.end(run, { status, hasWakes })),
  },
  { weight: 1, arbitrary: eventId.map((id): Write => ({ kind: "matched", eventId: id })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(owner, time, fc.integer({ min: 0, max: 3 }))
      .map(([who, now, limit]) => write.claim(who, now, limit)),
  },
  { weight: 2, arbitrary: fc.tuple(owner, time).map(([who, at]) => write.heartbeat(who, at)) },
  { weight: 1, arbitrary: fc.tuple(time, time).map(([now, expiredBy]) => write.reap(now, expiredBy)) },
  { weight: 1, arbitrary: fc.tuple(owner, time).map(([who, now]): Write => ({ kind: "retire", owner: who, now })) },
  {
    weight: 1,
    arbitrary: fc.option(time).map((nextAt): Write => ({ kind: "schedule", id: "s", expression: "* * * * *", nextAt })),
  },
  { weight: 1, arbitrary: time.map((now): Write => ({ kind: "sweep", now })) },
  {
    weight: 1,
    arbitrary: fc
      .option(fc.constantFrom("{}", "[1]"))
      .map((registration): Write => ({ kind: "registration", appId: "shop", registration })),
  },
);

const transition: fc.Arbitrary<Transition> = fc.record({
  // Mostly none: with random guards little would happen.
  guards: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(guard, { maxLength: 2 }) },
  ),
  writes: fc.array(oneWrite, { minLength: 1, maxLength: 3 }),
});
/** Null: a restart. */
const history = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.array(transition, { minLength: 1, maxLength: 6 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  { minLength: 1, maxLength: 25 },
);

const filters: RunFilter[] = [
  {},
  { functionId: "f" },
  { functionId: "g", status: "completed" },
  { status: "queued" },
  { status: "running" },
  { status: "running", functionId: "f" },
  { eventId: "e2" },
  { eventId: "e3" },
  { eventId: "e9" },
];

/** All that can be read, without the numbers that each store chooses: `seq`, cursors. */
async function readAll(store: Store): Promise<unknown> {
  const runs = await store.runs.list({}, 100, null);
  const snapshots = await store.runs.snapshots(runs.items.map((run) => run.id));
  const lists = await Promise.all(
    filters.map(async (filter) => {
      const first = await store.runs.list(filter, 2, null);
      const second = first.next === null ? null : await store.runs.list(filter, 100, first.next);
      return [first, second].map((page) => page?.items.map((run) => run.id));
    }),
  );
  return {
    runs: runs.items,
    snapshots: snapshots.map(({ journal, ...rest }) => ({
      ...rest,
      journal: journal.map(({ seq: _, ...entry }) => entry),
    })),
    lists,
    events: (await store.events.list({}, 100, null)).items,
    paid: (await store.events.list({ name: "order/paid" }, 100, null)).items,
    pending: await store.matches.pending(100),
    paths: (await store.matches.paths()).map(({ event, path }) => `${event} ${path}`).sort(),
    nextQueueAt: await store.runs.nextQueueAt(),
    counts: await store.runs.count(),
    schedules: await store.schedules.list(),
    registrations: await store.registrations.list(),
    violations: (await store.verify(t0 + 5)).map(({ code, runId: run }) => `${code} ${run}`).sort(),
  };
}

it("SQLite does what the memory store does, for any history", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "stepwright-model-"));
  let histories = 0;
  try {
    await fc.assert(
      fc.asyncProperty(history, async (commits) => {
        const path = join(folder, `${histories++}.db`);
        const oracle = createMemoryStore();
        let sqlite = await openSqliteStore({ path });
        try {
          for (const transitions of commits) {
            if (transitions === null) {
              await sqlite.close();
              sqlite = await openSqliteStore({ path });
              continue;
            }
            const expected: readonly Outcome[] = await oracle.commit(transitions);
            expect(await sqlite.commit(transitions)).toEqual(expected);
          }
          expect(await readAll(sqlite)).toEqual(await readAll(oracle));
        } finally {
          await sqlite.close();
        }
      }),
      historySettings("stores", process.env["STEPWRIGHT_HISTORIES"] ? 600 : 60),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
