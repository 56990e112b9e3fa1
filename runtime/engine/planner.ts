import { internalEvents } from "../define/internal-events.js";
import { hasSealedField } from "../define/sealed-data.js";
import type { Expression } from "../manifest/manifest.js";
import type { Deferral, ExpressionProblem, ParentStep } from "../store/records.js";
import type { Outcome, Write } from "../store/store.js";
import { acceptEvents } from "./1-ingest/accept-events.js";
import { matchKeyOf, valueAt, type WaitPaths } from "./2-match/match-keys.js";
import { type MatchServices, type PlannedRun, planEvent, planRun, writeOf } from "./2-match/plan-runs.js";
import type { Plan, WaitIndex } from "./5-execute/services.js";
import type { Clock } from "./clock.js";
import { type AdoptedRequest, type EngineLimits, RuntimeError } from "./engine.js";
import { type AcceptedEvent, makeEvent } from "./event-record.js";
import { resolveSessions, sessionsHelp } from "./event-sessions.js";
import type { Conditions, NoteProblem } from "./expressions.js";
import type { LoadedApplication, LoadedFunction } from "./load-application.js";

export interface PlannerServices {
  readonly clock: Clock;
  readonly newId: () => string;
  readonly worker: string;
  readonly limits: EngineLimits;
  readonly conditions: Conditions;
  loaded(): LoadedApplication;
  /** How many runs may begin here at once; the others queue. */
  free(): number;
  /** So many runs are on their way to this process. */
  expect(count: number): void;
  /** The writes of a plan are stored, or not: what they start begins. */
  committed(events: readonly AcceptedEvent[], runs: readonly PlannedRun[], outcome: Outcome): void;
}

/** Writes for what comes in, with what follows when they are stored: stages 1 to 3 in one go. */
export class Planner {
  readonly #waitPaths: WaitPaths = (name) => this.services.loaded().waitPaths(name);

  /** Of the event that is planned now. */
  #problems: ExpressionProblem[] = [];
  readonly #note: NoteProblem = (problem) => void this.#problems.push(problem);

  constructor(readonly services: PlannerServices) {}

  /** What could not be evaluated over the event that was planned last is stored with it. */
  #addProblems(eventId: string, writes: Write[]): void {
    if (this.#problems.length === 0) return;
    for (const problem of this.#problems) writes.push({ kind: "problem", eventId, problem });
    this.#problems = [];
  }

  #matchServices(): MatchServices {
    // Of a plan that was given up.
    this.#problems = [];
    return {
      app: this.services.loaded(),
      waitPaths: this.#waitPaths,
      now: this.services.clock.now(),
      newId: this.services.newId,
      admission: { worker: this.services.worker, free: this.services.free() },
      dedupeMs: this.services.limits.dedupeMs,
      holds: (condition, event) => this.services.conditions.holds(condition, event, null, this.#note),
      evaluate: (source, event) => this.services.conditions.value(source, event, this.#note),
      index: (event, condition, runEvent) => this.#index(event, condition, runEvent),
    };
  }

  async planEvents(given: readonly unknown[]): Promise<Plan<{ ids: string[] }>> {
    const accepted = await acceptEvents(given, {
      limits: this.services.limits,
      now: this.services.clock.now(),
      newId: this.services.newId,
      checkData: (event) => this.#checkData(event.record.name, () => event.payload["data"]),
    });
    const services = this.#matchServices();
    const writes: Write[] = [];
    const runs: PlannedRun[] = [];
    for (const event of accepted) {
      const planned = planEvent(event, services);
      writes.push(...planned.writes);
      runs.push(...planned.runs);
      this.#addProblems(event.record.id, writes);
    }
    this.#expect(runs);
    const answer = { ids: accepted.map(({ record }) => record.id) };
    return { writes, answer, committed: (outcome) => this.services.committed(accepted, runs, outcome) };
  }

  async planInvoke(
    functionId: string,
    data: unknown,
    parent: ParentStep | null,
    meta?: unknown,
    by: LoadedFunction | null = null,
  ): Promise<Plan<{ runId: string; eventId: string }>> {
    const fn = this.services.loaded().function(functionId);
    const problem = await this.#checkInvoke(fn, data);
    if (problem !== null) {
      const message = `the data for \`${fn.fullId}\` does not fit: ${problem}`;
      throw new RuntimeError("schema-mismatch", message, "send what the function's trigger asks for");
    }
    const resolved = resolveSessions(meta);
    if (!resolved.ok) {
      const message = `the \`meta\` for \`${fn.fullId}\` is not valid: ${resolved.problem}`;
      throw new RuntimeError("invalid-event", message, sessionsHelp);
    }
    const now = this.services.clock.now();
    const making = { limits: this.services.limits, now, newId: this.services.newId, what: "the invocation" };
    const event = makeEvent(
      internalEvents.FunctionInvoked,
      data ?? {},
      { key: null, ts: now, meta: resolved.meta },
      making,
    );
    const services = this.#matchServices();
    const planned = planRun(fn, event, parent, "invocation", services);
    const answer = { runId: planned.run.id, eventId: event.record.id };
    if (!services.app.hears(internalEvents.FunctionInvoked)) return { ...this.#plan(event, [planned]), answer };
    // Waits, `cancelOn` and wildcards hear of it; to be triggered by its name means to be for invocations only. What a
    // function invokes does not start it again: one with the wildcard `inngest/*` would go round without end.
    const heard = planEvent(event, services);
    const others = heard.runs.filter((run) => run.fn !== fn && run.fn !== by);
    const runs = [planned, ...others];
    const [store] = heard.writes;
    this.#expect(runs);
    const committed = (outcome: Outcome): void => this.services.committed([event], runs, outcome);
    const writes = [store!, ...runs.map(writeOf)];
    this.#addProblems(event.record.id, writes);
    return { writes, answer, committed };
  }

  /** The run of a request that its application executes already, so it is taken on here whatever else there is to do. */
  planAdoption({ functionId, runId, data }: AdoptedRequest): Plan<{ eventId: string }> {
    const { clock, limits, newId, worker } = this.services;
    const now = clock.now();
    const fn = this.services.loaded().function(functionId);
    const event = makeEvent(
      internalEvents.HttpRequest,
      data,
      { key: null, ts: now },
      { limits, now, newId, what: "the request" },
    );
    const services = { ...this.#matchServices(), newId: () => runId, admission: { worker, free: 1 } };
    return {
      ...this.#plan(event, [planRun(fn, event, null, "invocation", services)]),
      answer: { eventId: event.record.id },
    };
  }

  /** What the sender encrypted was checked by the sender, and is again when the function has decrypted it. */
  #checkData(name: string, dataOf: () => unknown): Promise<string | null> | string | null {
    const validator = this.services.loaded().app.events.validator(name);
    if (!validator) return null;
    const data = dataOf();
    return hasSealedField(data) ? null : validator(data);
  }

  /** Invoked data fits when it fits one of the events that the function is for. */
  async #checkInvoke(fn: LoadedFunction, data: unknown): Promise<string | null> {
    let first: string | null = null;
    // What may be meant for `invoke(schema)` is checked when the run begins: only the definition has that schema.
    if (fn.triggers.some(({ kind }) => kind === "invoke")) return null;
    for (const trigger of fn.triggers) {
      if (trigger.kind !== "event") continue;
      const problem = await this.#checkData(trigger.event, () => data);
      if (problem === null) return null;
      first ??= problem;
    }
    return first;
  }

  /** It carries what was accepted before, so no limit of size can refuse it. */
  #makeSystemEvent(name: string, data: unknown, ts: number, meta?: unknown): AcceptedEvent {
    const { clock, newId, limits } = this.services;
    const unlimited = { ...limits, eventBytes: Number.MAX_SAFE_INTEGER };
    return makeEvent(
      name,
      data,
      { key: null, ts, meta },
      { limits: unlimited, now: clock.now(), newId, what: "the event" },
    );
  }

  /** An event of the runtime's own with the runs that it is for. */
  #plan(event: AcceptedEvent, runs: readonly PlannedRun[]): Omit<Plan<null>, "answer"> {
    const writes: Write[] = [{ kind: "event", event: event.record, matchKeys: null }];
    for (const planned of runs) writes.push(writeOf(planned));
    this.#addProblems(event.record.id, writes);
    this.#expect(runs);
    return { writes, committed: (outcome) => this.services.committed([event], runs, outcome) };
  }

  planSystemEvent(
    name: string,
    data: () => Readonly<Record<string, unknown>>,
    only: LoadedFunction | null,
    muted: boolean,
  ): Omit<Plan<null>, "answer"> | null {
    if (!only && (muted || !this.services.loaded().hears(name))) return null;
    const event = this.#makeSystemEvent(name, data(), this.services.clock.now());
    const services = this.#matchServices();
    if (only && muted) return this.#plan(event, [planRun(only, event, null, "event", services)]);
    const { writes, runs } = planEvent(event, services);
    if (only) {
      const planned = planRun(only, event, null, "event", services);
      runs.push(planned);
      writes.push(writeOf(planned));
    }
    this.#addProblems(event.record.id, writes);
    this.#expect(runs);
    return { writes, committed: (outcome) => this.services.committed([event], runs, outcome) };
  }

  /** The event of a deferred run, whose parent has ended; null where it starts nothing. */
  planDeferral(deferral: Deferral, parentFunctionId: string): Omit<Plan<null>, "answer"> | null {
    const { functionId, runId, input, meta } = deferral;
    // Both were written as JSON when they were stored.
    const given = JSON.parse(input ?? "{}") as Readonly<Record<string, unknown>>;
    const parent = { fn_slug: functionId, parent_fn_slug: parentFunctionId, parent_run_id: runId };
    const data = { ...given, _inngest: parent };
    const now = this.services.clock.now();
    const parsedMeta: unknown = meta === null ? undefined : JSON.parse(meta);
    const event = this.#makeSystemEvent(internalEvents.DeferredSchedule, data, now, parsedMeta);
    const { writes, runs } = planEvent(event, this.#matchServices());
    this.#addProblems(event.record.id, writes);
    if (runs.length === 0) return null;
    this.#expect(runs);
    return { writes, committed: (outcome) => this.services.committed([event], runs, outcome) };
  }

  indexWait(event: string, condition: string | null, runEvent: unknown): WaitIndex {
    if (condition === null) return this.#index(event, null, runEvent);
    return this.#index(event, this.services.conditions.compileWait(condition), runEvent);
  }

  #index(event: string, expression: Expression | null, runEvent: unknown): WaitIndex {
    const condition = expression?.source ?? null;
    const equality = expression?.equality;
    const path = equality?.right.join(".") ?? "";
    const key = equality ? matchKeyOf(path, valueAt(runEvent, equality.left)) : null;
    this.services.loaded().noteWaitPath(event, key === null ? "" : path);
    if (key === null) return { matchKey: "", condition };
    return { matchKey: key, condition: equality!.only ? null : condition };
  }

  #expect(runs: readonly PlannedRun[]): void {
    for (const { run } of runs) if (run.owner !== null) this.services.expect(1);
  }

  /** The run of one tick of a cron trigger, not to begin before `startAt`. */
  planTick(fn: LoadedFunction, source: string, tick: number, startAt: number): Omit<Plan<null>, "answer"> {
    const event = this.#makeSystemEvent(internalEvents.ScheduledTimer, { cron: source }, tick);
    return this.#plan(event, [planRun(fn, event, null, "tick", this.#matchServices(), startAt)]);
  }
}
