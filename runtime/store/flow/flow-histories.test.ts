import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { historySettings } from "../../testing/histories.js";
import { sampleRun, t0 } from "../conformance/sample-records.js";
import { createMemoryStore } from "../memory/memory-store.js";
import { openSqliteStore } from "../sqlite/open-sqlite-store.js";
import type { Outcome, Store, Write } from "../store.js";
import type { LineSpec, SlotDemand, Throttle } from "./flow-records.js";
import { FlowReference } from "./flow-reference.js";

type Act =
  | {
      readonly kind: "arrive";
      readonly line: number;
      readonly wanted: boolean;
      readonly headStart: number;
      readonly later: number;
    }
  | { readonly kind: "claim"; readonly limit: number }
  | { readonly kind: "end" | "retry"; readonly which: number }
  | { readonly kind: "park"; readonly which: number; readonly for: number }
  | { readonly kind: "wants"; readonly which: number; readonly wants: number }
  | { readonly kind: "crash" }
  | { readonly kind: "reopen" }
  /** A line gets other limits, or has its own again. */
  | { readonly kind: "deploy"; readonly line: number }
  | { readonly kind: "wait"; readonly ms: number };

const which = fc.nat({ max: 20 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("arrive" as const),
      line: fc.nat({ max: 3 }),
      wanted: fc.boolean(),
      headStart: fc.constantFrom(0, 0, 0, 50, -30),
      later: fc.constantFrom(0, 0, 0, 20),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("claim" as const), limit: fc.constantFrom(1, 2, 100) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom("end" as const, "retry" as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("park" as const), which, for: fc.nat({ max: 40 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("wants" as const), which, wants: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.constantFrom({ kind: "crash" as const }, { kind: "reopen" as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("deploy" as const), line: fc.nat({ max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.nat({ max: 60 }) }) },
);

interface LineShape {
  readonly functionId: string;
  readonly slots: readonly SlotDemand[];
  /** Those that a deployment brings. */
  readonly others: readonly SlotDemand[];
  readonly throttle: (Throttle & { readonly bucket: string }) | null;
}

const limit = fc.integer({ min: 1, max: 3 });
const demand = fc.record({
  bucket: fc.constantFrom("own", "common"),
  limit,
  unit: fc.constantFrom("step" as const, "step" as const, "run" as const),
});
const shape: fc.Arbitrary<LineShape> = fc.record({
  functionId: fc.constantFrom("f", "g"),
  slots: fc.uniqueArray(demand, { maxLength: 2, selector: ({ bucket }) => bucket }),
  others: fc.uniqueArray(demand, { maxLength: 2, selector: ({ bucket }) => bucket }),
  throttle: fc.option(
    fc.record({
      bucket: fc.constantFrom("t-own", "t-common"),
      limit,
      burst: fc.nat({ max: 1 }),
      periodMs: fc.constant(60),
    }),
  ),
});
const shapes = fc.array(shape, { minLength: 4, maxLength: 4 }).map((all) =>
  all.map((line, index) => {
    // Buckets called common are shared by lines; a throttle has one configuration for all that share it.
    const own = (each: SlotDemand) => (each.bucket === "own" ? { ...each, bucket: `own-${index}` } : each);
    const [slots, others] = [line.slots.map(own), line.others.map(own)];
    const shared = all.find(({ throttle }) => throttle?.bucket === "t-common")?.throttle ?? null;
    const throttle =
      line.throttle?.bucket === "t-own" ? { ...line.throttle, bucket: `t-own-${index}` } : line.throttle && shared;
    return { ...line, slots, others, throttle };
  }),
);

/** Plays a history on a store, and holds every outcome against the reference. */
class Player {
  readonly reference = new FlowReference();
  now = t0;
  #made = 0;
  /** So many times a line got other limits. */
  readonly #deployed = [0, 0, 0, 0];

  constructor(
    public store: Store,
    readonly shapes: readonly LineShape[],
    readonly reopen: () => Promise<Store>,
  ) {}

  async play(act: Act): Promise<void> {
    const leased = this.reference.leased;
    const run = "which" in act && leased.length > 0 ? leased[act.which % leased.length] : undefined;
    const startsCommit = (writes: readonly Write[]): Promise<Outcome> => this.#commit(writes);
    switch (act.kind) {
      case "arrive":
        return this.#arrive(act);
      case "claim":
        return this.#claim(act.limit);
      case "wait":
        this.now += act.ms;
        return;
      case "reopen":
        this.store = await this.reopen();
        // As an engine does that starts: what it held beyond a limit, by a deployment, is not counted as if it were right.
        if (this.#deployed.some((times) => times > 0)) return this.play({ kind: "crash" });
        return;
      case "deploy":
        return this.#deploy(act.line);
      case "crash":
        await startsCommit([{ kind: "reap", now: this.now, expiredBy: Number.MAX_SAFE_INTEGER }]);
        for (const each of leased) Object.assign(each, { holds: 0, dueAt: this.now, place: this.now });
        return;
      case "end":
        if (!run) return;
        await startsCommit([
          { kind: "end", runId: run.id, status: "completed", output: "1", endedAt: this.now, hasWakes: false },
        ]);
        Object.assign(run, { ended: true, holds: 0 });
        return;
      case "retry":
      case "park": {
        if (!run) return;
        const queueAt = this.now + (act.kind === "park" ? act.for : 0);
        const status = act.kind === "park" ? "waiting" : "queued";
        await startsCommit([{ kind: "release", runId: run.id, status, queueAt, attempt: 0 }]);
        Object.assign(run, { holds: 0, dueAt: queueAt, place: queueAt });
        return;
      }
      case "wants": {
        if (!run) return;
        await startsCommit([{ kind: "slots", runId: run.id, wants: act.wants, now: this.now }]);
        if (run.slots.some(({ unit }) => unit === "step")) run.holds = Math.min(run.holds, act.wants);
        return;
      }
    }
  }

  async check(): Promise<void> {
    for (const { bucket, limit: most } of this.shapes.flatMap(({ slots }) => slots)) {
      const highest = Math.max(
        ...this.shapes.flatMap(({ slots }) => slots.filter((each) => each.bucket === bucket).map((each) => each.limit)),
      );
      // Each start is held against the limit of its time; only a deployment leaves more held than that.
      if (this.#deployed.every((times) => times === 0))
        expect(this.reference.held(bucket), `${bucket}, limit ${most}`).toBeLessThanOrEqual(highest);
    }
    const violations = (await this.store.verify(this.now)).filter(({ code }) => code !== "dead-lease");
    expect(violations).toEqual([]);
  }

  /** Lets everything end: nothing is lost, and nothing waits for ever. */
  async drain(): Promise<void> {
    for (let round = 0; round < 1_000; round++) {
      await this.#claim(100);
      for (const run of this.reference.leased)
        await this.play({ kind: "end", which: this.reference.leased.indexOf(run) });
      const open = [...this.reference.runs.values()].filter(({ ended }) => !ended);
      if (open.length === 0) break;
      const next = await this.store.runs.nextQueueAt();
      if (next === null) throw new Error(`${open.map(({ id }) => id).join(", ")} wait for ever`);
      this.now = Math.max(this.now, next);
    }
    const counts = await this.store.runs.count();
    expect(counts).toMatchObject({ queued: 0, running: 0, waiting: 0, completed: this.reference.runs.size });
    this.now += 1_000_000;
    await this.#commit([{ kind: "sweep", now: this.now }]);
  }

  async #arrive({ line, wanted, headStart, later }: Act & { kind: "arrive" }): Promise<void> {
    const shape = this.shapes[line];
    if (!shape) throw new Error("there are four shapes");
    const { functionId, throttle } = shape;
    const id = `r${++this.#made}`;
    const spec = this.#specOf(line);
    const { slots } = spec;
    const run = sampleRun(id, {
      functionId,
      createdAt: this.now,
      queueAt: this.now + later,
      owner: wanted && later === 0 ? "w" : null,
    });
    const control = { line: spec, headStartMs: headStart, rate: null, gather: null };
    const outcome = await this.#commit([{ kind: "run", run, uniques: [], control }]);
    this.reference.runs.set(id, {
      id,
      line: String(line),
      order: this.#made,
      slots,
      throttle,
      headStartMs: headStart,
      place: run.queueAt - headStart,
      dueAt: run.queueAt,
      started: false,
      holds: 0,
      ended: false,
    });
    const [result] = outcome.ok ? outcome.results : [];
    if (result?.kind !== "run" || !result.fate) throw new Error("a controlled run has a fate");
    if (result.fate.kind === "leased") this.#start(id);
  }

  #specOf(line: number): LineSpec {
    const times = this.#deployed[line] ?? 0;
    const shape = this.shapes[line];
    if (!shape) throw new Error("there are four shapes");
    const slots = times % 2 === 0 ? shape.slots : shape.others;
    const hash = `${line} ${times}`;
    return { hash, slots, throttle: shape.throttle, singleton: null, gathers: false, ordered: true };
  }

  /** What has been started comes first, as in an engine. */
  async #deploy(line: number): Promise<void> {
    this.#deployed[line] = (this.#deployed[line] ?? 0) + 1;
    const runs = [...this.reference.runs.values()].filter((run) => run.line === String(line) && !run.ended);
    for (const { id, headStartMs } of [...runs.filter((run) => run.started), ...runs.filter((run) => !run.started)]) {
      const control = { line: this.#specOf(line), headStartMs, rate: null, gather: null };
      await this.#commit([{ kind: "reline", runId: id, control, now: this.now }]);
      this.reference.reline(id, this.#specOf(line).slots);
    }
  }

  async #claim(most: number): Promise<void> {
    const outcome = await this.#commit([{ kind: "claim", owner: "w", now: this.now, limit: most }]);
    const [result] = outcome.ok ? outcome.results : [];
    if (result?.kind !== "claim") throw new Error("a claim has a result");
    this.reference.give(
      result.claimed.map(({ id }) => id),
      result.granted,
      this.now,
    );
    const left = this.reference.claimable(this.now);
    if (result.claimed.length < most && left) throw new Error(`${left.id} waits, though nothing is in its way`);
  }

  #start(id: string): void {
    this.reference.start(id, this.now);
  }

  async #commit(writes: readonly Write[]): Promise<Outcome> {
    const [outcome] = await this.store.commit([{ guards: [], writes }]);
    if (!outcome?.ok) throw new Error(`refused: ${JSON.stringify(outcome)}`);
    return outcome;
  }
}

const history = fc.tuple(shapes, fc.array(act, { minLength: 1, maxLength: 60 }));

/** A claim looks at a queue, and then finds that one more run has come to wait in it. */
const joinsWhileServed: [LineShape[], Act[]] = [
  Array.from({ length: 4 }, () => ({ functionId: "f", slots: [], others: [], throttle: null })),
  [
    { kind: "arrive", line: 0, wanted: false, headStart: 0, later: 0 },
    { kind: "arrive", line: 0, wanted: false, headStart: 0, later: 20 },
    { kind: "arrive", line: 0, wanted: false, headStart: 0, later: 20 },
    { kind: "claim", limit: 1 },
    { kind: "retry", which: 0 },
    { kind: "wait", ms: 20 },
    { kind: "claim", limit: 2 },
  ],
];

it(
  "no limit is exceeded, none is left unused, nobody is overtaken or lost, for any history",
  { timeout: 600_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(history, async ([lines, acts]) => {
        const store = createMemoryStore();
        const player = new Player(store, lines, async () => store);
        for (const each of acts) {
          await player.play(each);
          await player.check();
        }
        await player.drain();
        await player.check();
      }),
      { ...historySettings("flow control in memory"), examples: [[joinsWhileServed]] },
    );
  },
);

it("SQLite keeps the same promises, over restarts", { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "stepwright-flow-"));
  let count = 0;
  try {
    await fc.assert(
      fc.asyncProperty(history, async ([lines, acts]) => {
        const path = join(folder, `${count++}.db`);
        const player = new Player(await openSqliteStore({ path }), lines, async () => {
          await player.store.close();
          return openSqliteStore({ path });
        });
        for (const each of acts) await player.play(each);
        await player.check();
        await player.drain();
        await player.check();
        await player.store.close();
      }),
      historySettings("flow control in SQLite", process.env["STEPWRIGHT_HISTORIES"] ? 500 : 25),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
