/** Replays an exported run against the present code, without executing anything. */
import * as z from "zod";
import type { Application } from "../codegen/application.js";
import { lendAmbient } from "../engine/lend-ambient.js";
import { createRealtime } from "../realtime/realtime.js";
import type { Location } from "../manifest/manifest.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { type RunHistory, runHistorySchema } from "../store/run-history.js";
import type { Store, Write } from "../store/store.js";
import type { StepOp } from "../transport/step-op.js";
import type { HandlerCall, Transport } from "../transport/transport.js";
import { findCallSite, findStepLocation } from "./call-site.js";
import { overlay } from "./overlay.js";
import { readApplication, type TestedApplication } from "./test-environment.js";
import { TestEngine } from "./test-engine.js";
import { TestKitError } from "./test-kit-error.js";
import { VirtualClock } from "./virtual-clock.js";

/** A step that the history has, or that the present code asks for. */
export interface ReplayedStep {
  /** With `:n` for the n-th repeat. */
  readonly id: string;
  readonly tool: string;
  /** Where the present code asks for it; null where that is not known. */
  readonly location: Location | null;
}

/** The first place at which the present code does something else than the recorded run. */
export interface Divergence {
  /** How many recorded steps had fitted before. */
  readonly after: number;
  /** What the history has there; null: the end of the run. */
  readonly expected: ReplayedStep | null;
  /** What the present code asks for; null: it ends, or asks for nothing more. */
  readonly found: ReplayedStep | null;
  /** For people; names both. */
  readonly message: string;
}

export interface ReplayResult {
  readonly runId: string;
  readonly functionId: string;
  /** Null: the present code can take the run over. */
  readonly divergence: Divergence | null;
  /** Recorded steps that the present code asked for. */
  readonly replayed: number;
  /** The steps with which the run would go on; those that the history waits for among them. None of them was executed. */
  readonly next: readonly ReplayedStep[];
  /** Steps that the run waits for and the present code does not ask for any more: it would go on without them. */
  readonly abandoned: readonly string[];
}

/** The present code does not fit the history. */
export class ReplayError extends Error {
  override readonly name = "ReplayError";
  readonly code = "nondeterminism";
  constructor(readonly result: ReplayResult) {
    super(result.divergence?.message);
  }
}

type Outcome =
  { readonly kind: "returned"; readonly value: unknown } | { readonly kind: "threw"; readonly error: unknown };

/** The engine decides after this long whether a journal does not fit. */
const graceMs = 2_000;
/** In place of a step that would be executed: longer than the replay. */
const standStillMs = 86_400_000;

/**
 * Replays an exported run (`stepwright runs export <id>`, `exportRun`) against the present code, to find out before a deployment
 * whether runs in progress can go on with it. Handlers and their middleware are called, bodies of steps are not: where the
 * history ends, the result says with which steps the run would go on.
 *
 * @param history the parsed JSON
 * @throws ReplayError with the first divergence; with `{ check: true }` it is in the result instead
 * @throws TestKitError `invalid-history`, `unknown-function`
 * @example
 * for (const file of readdirSync("histories"))
 *   await replay(JSON.parse(readFileSync(`histories/${file}`, "utf8")), { functions });
 */
export async function replay(
  history: unknown,
  application: TestedApplication,
  { check = false }: { readonly check?: boolean } = {},
): Promise<ReplayResult> {
  const parsed = runHistorySchema.safeParse(history);
  if (!parsed.success)
    throw new TestKitError("invalid-history", `this is no history of a run:\n${z.prettifyError(parsed.error)}`);
  const result = await new Replaying(parsed.data, readApplication(application)).result();
  if (result.divergence && !check) throw new ReplayError(result);
  return result;
}

class Replaying {
  readonly #asked = new Map<string, ReplayedStep>();
  readonly #recorded: RunHistory["steps"];
  readonly #outcome: Promise<Outcome>;
  #ended!: (outcome: Outcome) => void;

  constructor(
    readonly history: RunHistory,
    readonly app: Application,
  ) {
    // Rollbacks come after the handler's end.
    this.#recorded = history.steps.filter(({ kind }) => kind !== "rollback");
    this.#outcome = new Promise((resolve) => (this.#ended = resolve));
    const known = app.functions.some(({ fullId }) => fullId === this.#baseId || fullId === history.run.functionId);
    if (!known) throw new TestKitError("unknown-function", `the application has no \`${history.run.functionId}\``);
  }

  async result(): Promise<ReplayResult> {
    const { run, waits } = this.history;
    const clock = new VirtualClock(
      Math.max(run.createdAt, run.startedAt ?? 0, ...this.#recorded.map((step) => step.endedAt)),
    );
    const engine = TestEngine.make({
      app: this.app,
      store: await this.#seed(clock.now()),
      clock,
      wrapTransport: (inner) => this.#wrap(inner),
    });
    const takeBack = lendAmbient(nothing);
    try {
      const rest = async (): Promise<null> => {
        await engine.engine.start();
        await engine.advance(graceMs);
        return null;
      };
      const outcome = await Promise.race([this.#outcome, rest()]);
      const refused = engine.happenings.some(
        (happening) =>
          (happening.kind === "run-retrying" && happening.error.includes("NondeterminismError")) ||
          (happening.kind === "run-ended" && happening.output?.includes("NondeterminismError")),
      );
      const divergence = this.#judge(outcome, refused);
      return {
        runId: run.id,
        functionId: run.functionId,
        divergence,
        replayed: this.#recorded.filter(({ key }) => this.#asked.has(key)).length,
        next: outcome ? [] : this.#unrecorded,
        abandoned: waits.map(({ key }) => key).filter((key) => !this.#asked.has(key)),
      };
    } finally {
      engine.kill();
      takeBack();
    }
  }

  get #baseId(): string {
    return this.history.run.functionId.replace(/-failure$/, "");
  }

  get #unrecorded(): ReplayedStep[] {
    const keys = new Set(this.#recorded.map(({ key }) => key));
    return [...this.#asked.values()].filter(({ id }) => !keys.has(id));
  }

  #judge(outcome: Outcome | null, refused: boolean): Divergence | null {
    const { status, output } = this.history.run;
    const found = this.#unrecorded[0] ?? null;
    const changed = this.#recorded.findIndex(
      ({ key, kind }) => refused && (this.#asked.get(key)?.tool ?? kind) !== kind,
    );
    const missed = this.#recorded.findIndex(({ key }) => !this.#asked.has(key));
    const at = changed >= 0 ? changed : missed;
    const step = this.#recorded[at];
    if (step) {
      const expected = { id: step.key, tool: step.kind, location: this.#locate(step.key) };
      return this.#diverge(at, expected, changed >= 0 ? (this.#asked.get(step.key) ?? null) : found, outcome);
    }
    const all = this.#recorded.length;
    if (status !== "completed" && status !== "failed") return null;
    if (outcome === null) return this.#diverge(all, null, found, outcome);
    const same =
      status === "failed"
        ? outcome.kind === "threw"
        : outcome.kind === "returned" && JSON.stringify(outcome.value ?? null) === JSON.stringify(output);
    return same ? null : this.#diverge(all, null, null, outcome);
  }

  #diverge(
    after: number,
    expected: ReplayedStep | null,
    found: ReplayedStep | null,
    outcome: Outcome | null,
  ): Divergence {
    const { run } = this.history;
    const recorded = expected ? describeStep(expected) : `the end of the run (${run.status}, ${shorten(run.output)})`;
    const message = [
      `the run \`${run.id}\` of \`${run.functionId}\` does not fit the present code, after ${after} recorded steps:`,
      `  recorded: ${recorded}`,
      `  now:      ${found ? describeStep(found) : describeOutcome(outcome)}`,
    ].join("\n");
    return { after, expected, found, message };
  }

  #locate(key: string): Location | null {
    const fn = this.app.functions.find(
      ({ fullId }) => fullId === this.history.run.functionId || fullId === this.#baseId,
    );
    return fn ? findStepLocation(fn.entry.steps, key.replace(/:\d+$/, "")) : null;
  }

  #wrap(inner: Transport): Transport {
    return {
      execute: (call) => {
        // The end of a run starts others; they are not what is replayed.
        if (call.runId !== this.history.run.id) return Promise.resolve(null);
        const perform = (op: StepOp): Promise<unknown> => this.#perform(call, op);
        inner.execute(overlay(call, { host: overlay(call.host, { perform }) })).then(
          (value) => this.#ended({ kind: "returned", value }),
          (error: unknown) => this.#ended({ kind: "threw", error }),
        );
        return new Promise(() => {});
      },
    };
  }

  #perform(call: HandlerCall, op: StepOp): Promise<unknown> {
    const { key } = call.host.foresee(op.id);
    this.#asked.set(key, { id: key, tool: op.kind, location: findCallSite() ?? this.#locate(key) });
    const { rollback: _, ...plain } = op;
    // What is not recorded would be executed: in its place the run stands still.
    if (this.#recorded.some((step) => step.key === key)) return call.host.perform(plain as StepOp);
    return call.host.perform({ kind: "sleep", id: op.id, name: op.name, forMs: standStillMs, untilMs: null });
  }

  /** A store with the run in it, as if it had just been let go. */
  async #seed(now: number): Promise<Store> {
    const { run, events } = this.history;
    const store = createMemoryStore();
    const [first, ...others] = events.map(({ id }) => id);
    if (first === undefined) throw new TestKitError("invalid-history", "the run has no event");
    const writes: Write[] = events.map(({ data, extra, ...event }) => ({
      kind: "event",
      event: { ...event, data: JSON.stringify(data), extra: extra === null ? null : JSON.stringify(extra) },
      matchKeys: null,
    }));
    const { id, functionId, functionHash, createdAt } = run;
    writes.push({
      kind: "run",
      run: {
        id,
        functionId,
        functionHash,
        eventIds: [first, ...others],
        parent: null,
        createdAt,
        owner: null,
        queueAt: now,
        watches: [],
      },
      uniques: [],
    });
    for (const step of this.#recorded) {
      const { output, failures, input, rich = [], ...rest } = step;
      const record = {
        ...rest,
        runId: id,
        output: asStored(output, rich.includes("output")),
        ...(input !== undefined && { input: asStored(input, rich.includes("input")) }),
        failures: failures.map(({ error, ...failure }) => ({ ...failure, error: JSON.stringify(error) })),
      };
      writes.push({ kind: "step", step: record, settlesWake: false });
    }
    if (run.attempt > 0)
      writes.push({ kind: "release", runId: id, status: "queued", queueAt: now, attempt: run.attempt });
    const [outcome] = await store.commit([{ guards: [], writes }]);
    if (!outcome?.ok)
      throw new TestKitError("invalid-history", "the history contradicts itself: a step or event is in it twice");
    return store;
  }
}

/** Rich JSON begins with a space. */
function asStored(value: unknown, rich: boolean): string {
  return `${rich ? " " : ""}${JSON.stringify(value)}`;
}

/** What code that sends outside of steps gets during a replay. */
const nothing = {
  send: async () => ({ ids: [] }),
  sendSignal: async () => ({ runId: null }),
  invoke: async () => ({ runId: "", eventId: "" }),
  result: async () => null,
  annotate: async () => {},
  // Nobody is subscribed.
  realtime: createRealtime({ now: () => 0, keys: [] }),
};

function describeStep({ id, tool, location }: ReplayedStep): string {
  const where = location === null ? "" : ` at ${location.file}:${location.line}:${location.column}`;
  return `step \`${id}\` [${tool}]${where}`;
}

function describeOutcome(outcome: Outcome | null): string {
  if (outcome === null) return "the handler asks for nothing more";
  if (outcome.kind === "returned") return `the handler returns ${shorten(outcome.value)}`;
  return `the handler throws ${String(outcome.error)}`;
}

const longestValue = 200;

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? "null";
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}
