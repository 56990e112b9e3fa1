import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { historySettings } from "../../testing/histories.js";
import { must } from "../conformance/apply.js";
import { sampleEvent, sampleRun, t0, write } from "../conformance/sample-records.js";
import { createMemoryStore } from "../memory/memory-store.js";
import { openSqliteStore } from "../sqlite/open-sqlite-store.js";
import type { Store } from "../store.js";
import { controlBy, GatherReference, type GatherPolicy } from "./gather-reference.js";

type Act =
  | { readonly kind: "event"; readonly key: string; readonly tsShift: number }
  | { readonly kind: "end"; readonly which: number }
  | { readonly kind: "claim" | "crash" | "reopen" | "sweep" }
  | { readonly kind: "deploy"; readonly to: number }
  /** The clock goes on, or is set: forwards by a lot, or back. */
  | { readonly kind: "clock"; readonly ms: number };

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("event" as const),
      key: fc.constantFrom("a", "a", "b"),
      tsShift: fc.constantFrom(0, 0, 5, -40),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ kind: "claim" as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("end" as const), which: fc.nat({ max: 20 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("clock" as const), ms: fc.nat({ max: 60 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("clock" as const), ms: fc.constantFrom(-100, -7, 5_000, 86_399_950) }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom("crash" as const, "reopen" as const, "sweep" as const).map((kind) => ({ kind })),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("deploy" as const), to: fc.nat({ max: 1 }) }) },
);

/** Two configurations of one policy: deployments change from one to the other. */
const policies: fc.Arbitrary<readonly [GatherPolicy, GatherPolicy]> = fc.oneof(
  fc
    .record({
      collect: fc.boolean(),
      periods: fc.tuple(fc.constantFrom(10, 50), fc.constantFrom(20, 80)),
      timeouts: fc.tuple(fc.constantFrom(null, 60), fc.constantFrom(null, 120)),
    })
    .map(({ collect, periods, timeouts }) => {
      const policy = (at: 0 | 1) =>
        ({ kind: "debounce", periodMs: periods[at], timeoutMs: timeouts[at], collect }) as const;
      return [policy(0), policy(1)] as const;
    }),
  fc
    .record({
      sizes: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      timeoutMs: fc.constantFrom(20, 90),
    })
    .map(({ sizes, timeoutMs }) => {
      const policy = (at: 0 | 1) => ({ kind: "batch", maxSize: sizes[at], timeoutMs: timeoutMs * (at + 1) }) as const;
      return [policy(0), policy(1)] as const;
    }),
  fc
    .record({
      limits: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      periods: fc.tuple(fc.constantFrom(30, 100), fc.constantFrom(30, 100, 86_400_000)),
    })
    .map(({ limits, periods }) => {
      const policy = (at: 0 | 1) => ({ kind: "rateLimit", limit: limits[at], periodMs: periods[at] }) as const;
      return [policy(0), policy(1)] as const;
    }),
  fc.constantFrom("skip" as const, "cancel" as const).map((mode) => {
    const policy = { kind: "singleton", mode } as const;
    return [policy, policy] as const;
  }),
);

/** Plays a history on a store, and holds every outcome against the reference. */
class Player {
  readonly reference: GatherReference;
  now = t0;
  #made = 0;

  constructor(
    public store: Store,
    readonly configurations: readonly [GatherPolicy, GatherPolicy],
    readonly reopen: () => Promise<Store>,
  ) {
    this.reference = new GatherReference(configurations[0]);
  }

  async play(act: Act): Promise<void> {
    const { reference, now } = this;
    switch (act.kind) {
      case "event":
        return this.#arrive(act);
      case "claim":
        return this.#claim();
      case "clock":
        this.now += act.ms;
        return;
      case "reopen":
        this.store = await this.reopen();
        return;
      case "crash":
        await must(this.store, write.reap(now, Number.MAX_SAFE_INTEGER));
        return reference.crash(now);
      case "sweep":
        await must(this.store, { kind: "sweep", now });
        return reference.sweep(now);
      case "deploy": {
        const policy = this.configurations[act.to] ?? this.configurations[0];
        if (policy.kind === "singleton") return;
        for (const { id, key, events } of reference.unleased) {
          const control = controlBy(policy, key, events.at(-1)?.ts ?? now);
          await must(this.store, { kind: "reline", runId: id, control, now });
        }
        return reference.deploy(policy, now);
      }
      case "end": {
        const { endable } = reference;
        const run = endable[act.which % Math.max(1, endable.length)];
        if (!run) return;
        const status = run.superseded ? "cancelled" : "completed";
        await must(this.store, write.end(run.id, { status, endedAt: now }));
        return reference.end(run.id);
      }
    }
  }

  async check(): Promise<void> {
    expect(this.reference.overLimit()).toBe(false);
    const violations = (await this.store.verify(this.now)).filter(({ code }) => code !== "dead-lease");
    expect(violations).toEqual([]);
  }

  /** Lets everything end: no event is lost, and nothing waits for ever. */
  async drain(): Promise<void> {
    for (let round = 0; this.reference.runs.some(({ state }) => state !== "ended"); round++) {
      if (round > 200) throw new Error("runs wait for ever");
      this.now += 1_000;
      await this.#claim();
      for (const { id } of this.reference.endable) {
        await must(this.store, write.end(id, { endedAt: this.now }));
        this.reference.end(id);
      }
    }
    const counts = await this.store.runs.count();
    expect(counts).toMatchObject({ queued: 0, running: 0, waiting: 0, completed: expect.any(Number) });
  }

  async #arrive({ key, tsShift }: Act & { kind: "event" }): Promise<void> {
    const number = ++this.#made;
    const event = { id: `e${number}`, ts: this.now + tsShift, at: this.now };
    const id = `r${number}`;
    const control = controlBy(this.reference.policy, key, event.ts);
    const run = sampleRun(id, { functionId: "f", createdAt: this.now, queueAt: this.now, eventIds: [event.id] });
    const results = await must(this.store, write.event(sampleEvent(event.id, { ts: event.ts, receivedAt: event.at })), {
      kind: "run",
      run,
      uniques: [],
      control,
    });
    const result = results.find(({ kind }) => kind === "run");
    if (result?.kind !== "run" || !result.fate) throw new Error("a controlled run has a fate");
    const expected = this.reference.arrive(id, key, event);
    const { fate } = result;
    const seen = fate.kind === "merged" ? { kind: "merged", into: fate.into } : { kind: fate.kind };
    expect(seen, id).toEqual(
      expected.kind === "starts" ? { kind: "queued" } : expected.kind === "merged" ? expected : { kind: "skipped" },
    );
    expect(result.superseded ?? null, id).toBe(expected.kind === "starts" ? expected.supersedes : null);
  }

  async #claim(): Promise<void> {
    const [result] = await must(this.store, write.claim("w", this.now));
    if (result?.kind !== "claim") throw new Error("a claim has a result");
    const given = Object.fromEntries(result.claimed.map(({ id, eventIds }) => [id, eventIds]));
    expect(given, `claimed at ${this.now - t0}`).toEqual(Object.fromEntries(this.reference.claimable(this.now)));
    for (const { id } of result.claimed) this.reference.claimed(id);
  }
}

const history = fc.tuple(policies, fc.array(act, { minLength: 1, maxLength: 50 }));

it("what is gathered, skipped and replaced is as a list tells it, for any history", { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(history, async ([configurations, acts]) => {
      const store = createMemoryStore();
      const player = new Player(store, configurations, async () => store);
      for (const each of acts) {
        await player.play(each);
        await player.check();
      }
      await player.drain();
      await player.check();
    }),
    historySettings("debounce, batch, rate limit, singleton in memory"),
  );
});

it("and in SQLite, over restarts", { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "stepwright-gather-"));
  let count = 0;
  try {
    await fc.assert(
      fc.asyncProperty(history, async ([configurations, acts]) => {
        const path = join(folder, `${count++}.db`);
        const player = new Player(await openSqliteStore({ path }), configurations, async () => {
          await player.store.close();
          return openSqliteStore({ path });
        });
        for (const each of acts) await player.play(each);
        await player.check();
        await player.drain();
        await player.check();
        await player.store.close();
      }),
      historySettings(
        "debounce, batch, rate limit, singleton in SQLite",
        process.env["STEPWRIGHT_HISTORIES"] ? 100 : 15,
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
