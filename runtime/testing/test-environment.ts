import type { Application } from "../codegen/application.js";
import { applicationFromDefinitions } from "../codegen/application.js";
import { type FunctionDefinition, isFunctionDefinition } from "../define/function-definition.js";
import type { InvokeData, ResultOf } from "../define/invoke-types.js";
import type { Logger } from "../define/logger.js";
import type { EngineLimits } from "../engine/engine.js";
import { parseDuration } from "../manifest/duration.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { openSqliteStore } from "../store/sqlite/open-sqlite-store.js";
import type { RunSnapshot, Store } from "../store/store.js";
import { type CommitPoint, CrashableEngine } from "./crashable-engine.js";
import type { Script } from "./script.js";
import { Scripts } from "./scripts.js";
import { TestKitError } from "./test-kit-error.js";
import { describeEvent, describeRun, explainWaits, type TestEvent, type TestRun } from "./test-run.js";
import { VirtualClock } from "./virtual-clock.js";

/** Definitions alone, without a build; or what `stepwright build` has made: the default export of `app.mjs`. */
export type TestedApplication =
  | { readonly functions: readonly FunctionDefinition[]; readonly app?: undefined }
  | { readonly app: Application; readonly functions?: undefined };

export interface TestEnvironmentSettings {
  /** Default `memory`; `sqlite` is the real one, in memory alone. A store that is given is not closed by the environment. */
  readonly store?: "memory" | "sqlite" | Store;
  /** The time at the start. Default 2026-01-01T00:00:00Z. */
  readonly startAt?: Date | number;
  readonly limits?: Partial<EngineLimits>;
  /** Fixes the time between attempts, in ms. Default: as in production, without jitter. */
  readonly retryIntervalMs?: number;
  /** Default: nothing is printed. */
  readonly logger?: Logger;
}

export type TestEnvironmentOptions = TestedApplication & TestEnvironmentSettings;

/** An event to send: `id` and `ts` are filled in. */
export interface OutgoingTestEvent {
  readonly name: string;
  readonly data?: unknown;
  readonly id?: string;
  readonly ts?: number;
  readonly user?: unknown;
  readonly v?: string;
}

const runPage = 500;

/**
 * The production engine in this process, on a virtual clock. Nothing happens between the calls, and all that can
 * happen at a moment has happened when a call resolves. `Date` is the real one: read the virtual time with `now`.
 *
 * While an environment is open, `client.send` and the emitted client of this process reach it; with several open ones,
 * the one that was started last. Do not fake `setImmediate` before this module is loaded.
 *
 * @example
 * const t = await TestEnvironment.start({ functions: [welcomeSeries] });
 * await t.send({ name: "account/created", data: { email: "a@b.c" } });
 * await t.advance("30 days");
 * expect((await t.run(welcomeSeries)).result).toEqual({ sent: 3 });
 * await t.close();
 */
export class TestEnvironment {
  readonly #scripts: Scripts;
  #closed = false;

  private constructor(
    readonly engine: CrashableEngine,
    readonly clock: VirtualClock,
    scripts: Scripts,
    /** Closed at the end; null for one that was given. */
    readonly ownStore: Store | null,
  ) {
    this.#scripts = scripts;
  }

  /** @throws ApplicationError `invalid-function`, `duplicate-function-id`, `several-applications` */
  static async start(options: TestEnvironmentOptions): Promise<TestEnvironment> {
    const app = readApplication(options);
    const { store: asked = "memory", startAt, limits, retryIntervalMs, logger } = options;
    const own = typeof asked === "string" ? await openStore(asked) : null;
    const clock = new VirtualClock(startAt instanceof Date ? startAt.getTime() : startAt);
    const scripts = new Scripts();
    const engine = await CrashableEngine.start({
      app,
      store: own ?? (asked as Store),
      clock,
      wrapTransport: (transport) => scripts.wrap(transport),
      limits,
      retryIntervalMs,
      logger,
    });
    return new TestEnvironment(engine, clock, scripts, own);
  }

  // ── what happens to the application ──────────────────────────────────────────────────────────────────────────────

  /**
   * Sends events, and lets all happen that needs no time. After a crash they are sent again unless they were stored:
   * as a client does, that never sends twice.
   *
   * @throws RuntimeError `invalid-event`, `schema-mismatch`, …
   */
  async send(...events: readonly OutgoingTestEvent[]): Promise<{ ids: string[] }> {
    const answer = await this.engine.send(events);
    await this.settle();
    return answer;
  }

  /**
   * Starts one run of a function and gives its id.
   *
   * @throws RuntimeError `unknown-function`, `schema-mismatch`
   */
  async invoke<F extends FunctionDefinition>(fn: F, data: InvokeData<F>): Promise<string>;
  async invoke(functionId: string, data?: unknown): Promise<string>;
  async invoke(fn: FunctionDefinition | string, data: unknown = {}): Promise<string> {
    const runId = await this.engine.invoke(this.#fullId(fn), data);
    await this.settle();
    return runId;
  }

  /** Lets time pass, in ms or as `"3 days"`. All that falls due on the way happens at its own time, in order. */
  async advance(time: number | string): Promise<void> {
    const length = parseDuration(time);
    if (!length.ok) throw new TestKitError("invalid-option", length.message);
    const target = this.clock.now() + length.value;
    await this.settle();
    while (this.clock.step(target)) await this.settle();
  }

  /** Waits until nothing is left to do at this moment; starts the engine again where it has crashed. */
  settle(): Promise<void> {
    return this.engine.settle();
  }

  /** The virtual time, in ms since 1970. */
  now(): number {
    return this.clock.now();
  }

  /** As `kill -9` and a new start, at the same moment, on the same store. */
  crash(): Promise<void> {
    return this.engine.crash();
  }

  /**
   * Crashes at the `n`-th commit from now on, counted from 1, and goes on from what is stored: before the commit is
   * durable (what it held is lost), or after (it is kept, but nobody was told).
   */
  crashAtCommit(n: number, when: "before" | "after" = "before"): void {
    if (!Number.isInteger(n) || n < 1)
      throw new TestKitError("invalid-option", `\`crashAtCommit\` takes a number from 1 on, not ${n}`);
    this.engine.crashAtCommit(n, when);
  }

  /** How many commits the engine has made, its start included, and how often it has crashed. */
  get commits(): number {
    return this.engine.commits;
  }
  get crashes(): number {
    return this.engine.crashes;
  }

  /** Puts new code in place of the old, as a deployment does: runs in progress are replayed on it. */
  deploy(application: TestedApplication): Promise<void> {
    return this.engine.deploy(readApplication(application));
  }

  /** Calls back before each commit, with what it will hold. One at a time. */
  onCommit(watch: (commit: CommitPoint) => void): void {
    this.engine.onCommit(watch);
  }

  // ── what is scripted ─────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Scripts a step of every function, or of the one named: `"poll"` all its repeats, `"poll:0"` the first, `"poll:1"` the
   * second. Any tool can be scripted; in place of the real thing the outcome is recorded. Later scripts go before earlier ones.
   *
   * @example
   * t.step("charge", { function: processOrder }).failsTimes(2, new Error("busy")).returns({ id: "ch-1" });
   */
  step<R = unknown>(id: string, where: { readonly function?: FunctionDefinition | string } = {}): Script<R> {
    return this.#scripts.addStep<R>(where.function === undefined ? null : this.#fullId(where.function), id);
  }

  /**
   * Scripts a whole function: what invokes it gets this result.
   *
   * @example
   * t.function(chargeCard).returns({ chargeId: "ch-1", amount: 150 });
   */
  function<F extends FunctionDefinition>(fn: F): Script<ResultOf<F>>;
  function(functionId: string): Script;
  function(fn: FunctionDefinition | string): Script {
    return this.#scripts.addFunction(this.#fullId(fn));
  }

  /** Scripts that nothing has used so far, by name. `close` refuses to pass over them. */
  get unusedScripts(): readonly string[] {
    return this.#scripts.unused;
  }

  // ── what is to be seen ───────────────────────────────────────────────────────────────────────────────────────────

  /** All runs, or those of one function, oldest first. */
  async runs(fn?: FunctionDefinition | string): Promise<readonly TestRun[]> {
    const filter = fn === undefined ? {} : { functionId: this.#fullId(fn) };
    const ids: string[] = [];
    for (let cursor: string | null = null; ;) {
      const page: { items: readonly { id: string }[]; next: string | null } = await this.engine.store.runs.list(
        filter,
        runPage,
        cursor,
      );
      ids.push(...page.items.map(({ id }) => id));
      if (page.next === null) break;
      cursor = page.next;
    }
    const snapshots = await this.engine.store.runs.snapshots(ids.reverse());
    return snapshots.map((snapshot) => describeRun(snapshot, this.engine.app.appId, this.#scripts));
  }

  /** A run by its id, or the only one of a function. @throws TestKitError `unknown-run`, `several-runs` */
  async run(runIdOrFunction: FunctionDefinition | string): Promise<TestRun> {
    if (typeof runIdOrFunction === "string") {
      const [snapshot] = await this.engine.store.runs.snapshots([runIdOrFunction]);
      if (snapshot) return describeRun(snapshot, this.engine.app.appId, this.#scripts);
    }
    const isFunction = this.engine.app.functions.some(({ fullId }) => fullId === this.#fullId(runIdOrFunction));
    const runs = isFunction ? await this.runs(runIdOrFunction) : [];
    const name = typeof runIdOrFunction === "string" ? runIdOrFunction : runIdOrFunction.id;
    if (runs.length > 1) throw new TestKitError("several-runs", `\`${name}\` has ${runs.length} runs`);
    const [run] = runs;
    if (!run)
      throw new TestKitError("unknown-run", isFunction ? `\`${name}\` has no run` : `there is no run \`${name}\``);
    return run;
  }

  /**
   * What a run has returned.
   *
   * @throws TestKitError `unknown-run`; `run-not-ended`, with what it waits for; `run-not-completed`, with the run's error as cause
   */
  async result<F extends FunctionDefinition>(fn: F): Promise<ResultOf<F>>;
  async result<R = any>(runIdOrFunction: string): Promise<R>;
  async result(runIdOrFunction: FunctionDefinition | string): Promise<unknown> {
    const run = await this.run(runIdOrFunction);
    if (run.status === "completed") return run.result;
    const what = `run \`${run.id}\` of \`${run.functionId}\``;
    if (run.endedAt === null)
      throw new TestKitError("run-not-ended", `${what} is ${run.status}: ${explainWaits(run.waits)}`);
    const message: unknown = run.error?.message ?? run.error;
    throw new TestKitError("run-not-completed", `${what} is ${run.status}: ${String(message)}`, { cause: run.error });
  }

  /** What is stored of a run, for `replay` and for `exportRun`. @throws TestKitError `unknown-run` */
  async snapshot(runId: string): Promise<RunSnapshot> {
    const [snapshot] = await this.engine.store.runs.snapshots([runId]);
    if (!snapshot) throw new TestKitError("unknown-run", `there is no run \`${runId}\``);
    return snapshot;
  }

  /** The events that runs have sent, oldest first: not those of the test, nor the runtime's own (`inngest/…`). */
  async sentEvents(name?: string): Promise<readonly TestEvent[]> {
    const all = await this.engine.events(name);
    return all.filter((record) => !this.engine.sent(record) && !record.name.startsWith("inngest/")).map(describeEvent);
  }

  // ── its end ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Ends everything. Runs that have not ended are left as they are.
   *
   * @throws TestKitError `unused-script` when something was scripted that no run has asked for
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.engine.close();
    if (this.ownStore) await this.ownStore.close();
    const { unused } = this.#scripts;
    if (unused.length > 0)
      throw new TestKitError("unused-script", `scripted, and never asked for: ${unused.join(", ")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #fullId(fn: FunctionDefinition | string): string {
    const id = isFunctionDefinition(fn) ? fn.id : fn;
    const full = `${this.engine.app.appId}-${id}`;
    return this.engine.app.functions.some(({ fullId }) => fullId === id) ? id : full;
  }
}

/** The application that is meant. @throws ApplicationError */
export function readApplication(given: TestedApplication): Application {
  return given.app ?? applicationFromDefinitions(given.functions);
}

function openStore(kind: "memory" | "sqlite"): Promise<Store> {
  return kind === "memory" ? Promise.resolve(createMemoryStore()) : openSqliteStore({ path: ":memory:" });
}
