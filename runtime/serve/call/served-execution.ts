import { isNonRetriableError, StepError } from "../../define/errors.js";
import { hasLost, RaceScope } from "../../engine/5-execute/race.js";
import { StepKeys } from "../../engine/5-execute/step-keys.js";
import type { Clock } from "../../engine/clock.js";
import { errorJson, writeJson } from "../../engine/json.js";
import { hashKey } from "../../protocol/step-hash.js";
import { StepUseError, unawaitedRejection } from "../../transport/step-errors.js";
import type { StepOp } from "../../transport/step-op.js";
import type { ExecutionHost, RecordedStep } from "../../transport/transport.js";
import type { CallRequest } from "./call-request.js";
import type { Checkpointer } from "./checkpointer.js";
import { type Attempted, attemptStep, type StepServices } from "./attempt-step.js";
import { ServedDeferrals } from "./served-deferrals.js";
import { withDeferrals } from "./with-deferrals.js";
import { FoundStep } from "./found-step.js";
import { fromWireData, toWireData } from "../../transport/rich-data.js";
import { readGatewayResult } from "./gateway.js";
import { describeError, type Retriable, retriableOf } from "./retriable.js";
import { describeOp, isExecutable, planOp, unsupported, type WireOp } from "./wire-op.js";

/** What the request has come to. */
export type Outcome =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "threw"; readonly error: unknown; readonly retriable: Retriable }
  /** `retriable` of a step that was executed and failed. */
  | { readonly kind: "ops"; readonly ops: readonly WireOp[]; readonly retriable: Retriable | null }
  | { readonly kind: "step-not-found"; readonly id: string; readonly found: readonly FoundStep[] };

/** A step that a call names is looked for so long: the handler may be busy on its way there. */
const searchMs = 10_000;
const never = new Promise<never>(() => {});

export interface ServedCall {
  readonly call: CallRequest;
  /** The hash of the one step to execute; null: go on as far as the handler leads. */
  readonly target: string | null;
  readonly checkpointer: Checkpointer | null;
  readonly clock: Clock;
  /** Calls back when all that the handler does without waiting is done. */
  readonly later: (callback: () => void) => void;
  readonly step: StepServices;
  readonly stepsPerRun: number;
}

/**
 * One request of a runtime to go on with a run. The handler runs from its beginning and gets the recorded results in
 * the order in which the steps ended, one a turn. What it asks for beyond them is planned, or, when it is a single step,
 * executed; then the handler is let go, and the runtime calls again.
 */
export class ServedExecution implements ExecutionHost {
  readonly outcome: Promise<Outcome>;
  #settle!: (outcome: Outcome) => void;
  #phase: "running" | "finished" | "gone" = "running";
  readonly #keys = new StepKeys();
  readonly #found = new Map<string, FoundStep>();
  #order: string[];
  #batch: FoundStep[] = [];
  #scheduled = false;
  /** Steps whose bodies run. */
  #executing = 0;
  #end: (() => Outcome) | null = null;
  #live: boolean;
  #liveCallback: (() => void) | null = null;
  #goneCallback: (() => void) | null = null;
  #cancelSearch: (() => void) | null = null;

  constructor(readonly served: ServedCall) {
    this.#order = [...served.call.order];
    this.deferrals = new ServedDeferrals(served.call.deferrals);
    this.#live = served.call.results.size === 0;
    this.outcome = new Promise((resolve) => (this.#settle = resolve));
    this.#search();
  }

  /** In place of the handler. */
  drive(work: () => Promise<unknown>): void {
    work().then(
      (value) => this.#returned(value),
      (error: unknown) => this.fail(error),
    );
  }

  #returned(value: unknown): void {
    const { rich, stepBytes } = this.served.step;
    try {
      const result = toWireData(writeJson(value, "the result of the handler", stepBytes, rich));
      this.#ended(() => ({ kind: "returned", value: result }));
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error: unknown): void {
    this.#ended(() => ({ kind: "threw", error, retriable: retriableOf(error, this.served.call) }));
  }

  // ── what the handler asks ────────────────────────────────────────────────────────────────────────────────────────

  perform(op: StepOp): Promise<unknown> {
    if (this.#phase === "gone" || hasLost(op.scope)) return never;
    if (this.#phase === "finished" || this.#end) {
      throw new StepUseError("step-after-end", `step \`${op.id}\` is called after the handler returned`);
    }
    const before = this.#found.get(hashKey(this.#keys.latest(op.id)));
    if (before && !before.given) {
      throw new StepUseError("duplicate-step-id", `two steps with the id \`${op.id}\` run at the same time`);
    }
    if (this.#found.size >= this.served.stepsPerRun) {
      throw new StepUseError("too-many-steps", `the run has more than ${this.served.stepsPerRun} steps`);
    }
    if (op.rollback || op.limit || (op.kind === "waitForEvent" && op.lookbackMs !== null)) throw unsupported(op);
    const key = this.#keys.next(op.id);
    const hash = hashKey(key);
    const index = key === op.id ? 0 : Number(key.slice(op.id.length + 1));
    const step = new FoundStep(op, key, hash, index, this.served.call.results.get(hash));
    this.#found.set(hash, step);
    if (op.kind === "race") this.#race(step, op);
    else if (!step.settled) this.#batch.push(step);
    this.#turn();
    return step.promise;
  }

  /** The branches run here; which one ended first is recorded like the result of a step. */
  #race(step: FoundStep, op: StepOp & { kind: "race" }): void {
    const scopes = op.branches.map(({ name }) => new RaceScope(name, op.scope ?? null));
    const close = (winner: string | null): void => {
      for (const scope of scopes) if (scope.name !== winner) scope.lost = true;
    };
    step.promise.then(
      (end) => close((end as { winner: string }).winner),
      () => close(null),
    );
    op.branches.forEach(({ begin }, at) => {
      const scope = scopes[at]!;
      const decide = (attempted: Attempted): void => {
        if (step.settled || step.reported) return;
        step.reported = true;
        close(scope.name);
        void this.#executed(step, attempted);
      };
      begin(scope).then(
        (value) => decide(this.#writeWinner(step, { winner: scope.name, value: value ?? null })),
        (error: unknown) => decide({ ok: false, error, retriable: false }),
      );
    });
  }

  #writeWinner(step: FoundStep, end: { winner: string; value: unknown }): Attempted {
    const { rich, stepBytes } = this.served.step;
    try {
      return { ok: true, value: toWireData(writeJson(end, `the result of race \`${step.key}\``, stepBytes, rich)) };
    } catch (error) {
      return { ok: false, error, retriable: false };
    }
  }

  // ── the order of things ──────────────────────────────────────────────────────────────────────────────────────────

  #turn(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.served.later(() => {
      this.#scheduled = false;
      if (this.#phase !== "running" || this.#end) return;
      if (this.#giveNext()) this.#turn();
      else if (this.#executing === 0) void this.#goOn().catch((error: unknown) => this.fail(error));
    });
  }

  /** The next recorded result that the handler has asked for. False: there is none. */
  #giveNext(): boolean {
    for (const [at, hash] of this.#order.entries()) {
      const step = this.#found.get(hash);
      if (!step?.settled) continue;
      this.#order.splice(at, 1);
      this.#give(step);
      return true;
    }
    return false;
  }

  #give(step: FoundStep): void {
    step.given = true;
    const { recorded, op } = step;
    if (recorded?.type === "error") return step.reject(new StepError(op.id, recorded.error));
    const wire = recorded?.type === "data" ? recorded.data : null;
    const data = fromWireData(wire);
    if (op.kind === "fetch") step.resolve(readGatewayResult(data, op.request.url));
    else step.resolve(op.kind === "sleep" ? undefined : data);
  }

  /** The handler waits for what is not recorded. */
  async #goOn(): Promise<void> {
    const batch = this.#batch.filter(({ op }) => !hasLost(op.scope));
    this.#batch = [];
    if (batch.length === 0) return;
    const { call, target, checkpointer } = this.served;
    this.#goLive();
    if (target !== null) {
      const wanted = batch.find(({ hash, op }) => hash === target && isExecutable(op));
      return wanted ? this.#execute(wanted) : undefined;
    }
    const [only, ...others] = batch;
    const alone = only && others.length === 0 && isExecutable(only.op);
    if (alone && !call.planOnly && !checkpointer?.exhausted) return this.#execute(only);
    await this.#report(batch);
  }

  async #execute(step: FoundStep): Promise<void> {
    this.#cancelSearch?.();
    this.#executing++;
    step.reported = true;
    const attempted = await attemptStep(step, this.served.call, this.served.step);
    this.#executing--;
    if (hasLost(step.op.scope)) return this.#resume();
    await this.#executed(step, attempted);
  }

  /** The step has ended: the runtime gets its result, and, where results can be posted, the handler goes on. */
  async #executed(step: FoundStep, attempted: Attempted): Promise<void> {
    if (this.#phase === "gone") return;
    const { checkpointer, call } = this.served;
    const op = await this.#describeResult(step, attempted);
    const retriable = attempted.ok ? null : attempted.retriable;
    // After a retry the runtime has to count the attempts of the next step from the beginning.
    if (!checkpointer || !attempted.ok || call.attempt > 0) {
      return this.#answer({ kind: "ops", ops: [...(await this.#unposted()), op], retriable });
    }
    for (const lazy of this.deferrals.take()) await checkpointer.add(lazy);
    const posted = await checkpointer.add(op);
    if (posted !== "posted") return this.#halt(posted);
    step.recorded = { type: "data", data: op.data };
    this.#give(step);
    this.#resume();
  }

  #resume(): void {
    if (this.#end && this.#executing === 0) this.#close();
    else this.#turn();
  }

  async #describeResult(step: FoundStep, attempted: Attempted): Promise<WireOp> {
    const base = await describeOp(step);
    const timing = attempted.timing && { timing: attempted.timing };
    if (attempted.ok) return { ...base, op: "StepRun", ...timing, data: attempted.value ?? null };
    const error = describeError({ ...errorJson(attempted.error) });
    const failed = attempted.retriable === false;
    const data = failed ? { ...error, stack: "" } : null;
    return { ...base, op: failed ? "StepFailed" : "StepError", ...timing, error, data };
  }

  // ── the answer ───────────────────────────────────────────────────────────────────────────────────────────────────

  async #report(steps: readonly FoundStep[]): Promise<void> {
    for (const step of steps) step.reported = true;
    const ops = await Promise.all(steps.map(planOp));
    this.#answer({ kind: "ops", ops: [...(await this.#unposted()), ...ops], retriable: null });
  }

  /** Results that the runtime does not have yet: posted, or else part of the answer. */
  async #unposted(): Promise<readonly WireOp[]> {
    const { checkpointer } = this.served;
    if (!checkpointer || (await checkpointer.flush()) === "posted") return [];
    return checkpointer.takeBuffer();
  }

  /** The runtime does not take results as they come. */
  #halt(why: "refused" | "stale"): void {
    if (why === "refused") {
      const ops = this.served.checkpointer?.takeBuffer() ?? [];
      return this.#answer({ kind: "ops", ops, retriable: null });
    }
    const error = new Error("the runtime has given the run to another request");
    this.#answer({ kind: "threw", error, retriable: false });
  }

  #ended(end: () => Outcome): void {
    if (this.#phase !== "running" || this.#end) return;
    this.#end = end;
    if (this.#executing === 0) this.#close();
  }

  /** The handler has ended, and nothing that it began is under way. */
  #close(): void {
    const end = this.#end?.();
    if (!end) return;
    const open = [...this.#found.values()].filter(
      ({ settled, reported, op }) => !settled && !reported && op.kind !== "race" && !hasLost(op.scope),
    );
    // The losing side of a `Promise.race`: the run lasts until the runtime has done it, too.
    if (end.kind === "returned" && open.length > 0 && this.served.target === null) {
      void this.#report(open).catch((error: unknown) => {
        this.#answer({ kind: "threw", error, retriable: retriableOf(error, this.served.call) });
      });
      return;
    }
    this.#phase = "finished";
    if (!this.served.checkpointer) return this.#conclude(end);
    void this.#withResults(end).then((whole) => this.#conclude(whole));
  }

  /** A request that posts results ends with what it could not post. */
  async #withResults(end: Outcome): Promise<Outcome> {
    const { checkpointer } = this.served;
    if (!checkpointer) return end;
    if (end.kind === "returned") {
      const done: WireOp = { id: hashKey("complete"), op: "RunComplete", data: end.value ?? null };
      return { kind: "ops", ops: [...checkpointer.takeBuffer(), done], retriable: null };
    }
    const rest = await this.#unposted();
    return rest.length > 0 ? { kind: "ops", ops: rest, retriable: null } : end;
  }

  #conclude(outcome: Outcome): void {
    this.#cancelSearch?.();
    this.#settle(withDeferrals(outcome, this.deferrals.take()));
  }

  /** The handler is let go. */
  #answer(outcome: Outcome): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    this.#conclude(outcome);
    this.#goneCallback?.();
  }

  /** Gives up when the step that the call names does not turn up. */
  #search(): void {
    const { target, clock } = this.served;
    if (target === null) return;
    this.#cancelSearch = clock.after(searchMs, () => {
      const found = [...this.#found.values()].filter(({ settled }) => !settled);
      if (this.#phase === "running") this.#answer({ kind: "step-not-found", id: target, found });
    });
  }

  // ── what middleware and loggers ask ──────────────────────────────────────────────────────────────────────────────

  get journal(): readonly RecordedStep[] {
    const { results } = this.served.call;
    const journal: RecordedStep[] = [];
    for (const [hashedId, result] of results) {
      if (result.type === "input") continue;
      const completed = result.type === "data";
      const output = JSON.stringify(completed ? result.data : result.error) ?? "null";
      journal.push({ key: hashedId, hashedId, kind: "run", status: completed ? "completed" : "failed", output });
    }
    return journal;
  }

  get live(): boolean {
    return this.#live;
  }

  get fresh(): boolean {
    return this.served.call.results.size === 0 && this.served.call.attempt === 0;
  }

  foresee(id: string): { readonly key: string; readonly recorded: boolean } {
    const key = this.#keys.foresee(id);
    const result = this.served.call.results.get(hashKey(key));
    return { key, recorded: result !== undefined && result.type !== "input" };
  }

  endsRun(error: unknown): boolean {
    return isNonRetriableError(error) || retriableOf(error, this.served.call) === false;
  }

  whenLive(callback: () => void): void {
    if (this.#live) callback();
    else this.#liveCallback = callback;
  }

  /** The other side waits. */
  readonly hasWaitingSteps = false;
  readonly deferrals: ServedDeferrals;

  busy<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  whenGone(callback: () => void): void {
    this.#goneCallback = callback;
  }

  rejectionUnhandled(reason: unknown, inStep: string | null): void {
    this.fail(unawaitedRejection(reason, inStep));
  }

  #goLive(): void {
    if (this.#live) return;
    this.#live = true;
    this.#liveCallback?.();
    this.#liveCallback = null;
  }
}
