import { AsyncLocalStorage } from "node:async_hooks";
import { isNonRetriableError, isStepError, StepError } from "../../define/errors.js";
import type { EventPayload } from "../../define/event-payload.js";
import type { Middleware } from "../../define/middleware.js";
import { sendThrough } from "../../define/send-through.js";
import { StepUseError } from "../step-errors.js";
import type { Rehearsal, SendPlan, StepAttempt, StepHost, StepOp, TransactionPlan } from "../step-op.js";
import type { HandlerCall } from "../transport.js";
import type { Layer } from "./layer.js";
import { logFailure } from "./log-failure.js";
import { changeStep, describeStep } from "./step-info.js";

export type Within = <A extends readonly unknown[]>(
  stepId: string,
  body: (...args: A) => unknown,
) => (...args: A) => unknown;

/** Calls the code of a step through the middleware around it. */
type Wrap = (handler: () => Promise<unknown>) => Promise<unknown>;

/** So often in one attempt is a transaction rehearsed whose answers others change. */
const mostRehearsals = 10;

type Steps = Middleware.TransformFunctionInputArgs["steps"];

/** The middleware whose `wrapStep` has not called `next` yet: the steps that it adds do not go through it again. */
const wrapping = new AsyncLocalStorage<ReadonlySet<Layer>>();
const nobody: ReadonlySet<Layer> = new Set();

/** Steps come from outside, and not from what ran in this process. */
const ownKinds: ReadonlySet<string> = new Set([
  "run",
  "transaction",
  "fetch",
  "ai",
  "sendEvent",
  "sendSignal",
  "sleep",
]);

/** Nothing of these is executed where the handler is. */
const outsideKinds: ReadonlySet<string> = new Set(["sleep", "waitForEvent", "waitForSignal", "invoke"]);

/** Takes the steps of one execution through the middleware's hooks. */
export class StepHooks implements StepHost {
  readonly #transforms: boolean;
  readonly #recordOnly: boolean;
  /** Recorded steps that the handler has not asked for yet. */
  readonly #unasked: Set<string>;

  constructor(
    readonly call: HandlerCall,
    readonly layers: readonly Layer[],
    readonly ctx: Middleware.RunContext,
    readonly within: Within,
    /** The recorded results as they were, and as the middleware made them. */
    readonly recorded: Steps,
    readonly changed: Steps,
    readonly endMemoization: () => Promise<void>,
  ) {
    this.#transforms = layers.some((layer) => layer.transformStepInput);
    const handlers = layers.filter((layer) => layer.wrapStepHandler);
    this.#unasked = new Set(Object.keys(recorded));
    this.#recordOnly = handlers.length > 0 && handlers.every((layer) => layer.changesOnlyTheRecord);
  }

  perform(op: StepOp): Promise<unknown> {
    const result = this.#transforms ? this.#transformed(op) : this.#wrapped(op);
    // A step that nobody awaits must not end the process.
    result.catch(() => {});
    return result;
  }

  async #transformed(given: StepOp): Promise<unknown> {
    const { hashedId, memoized, stepType, options, input } = describeStep(given, this.call.host.foresee(given.id));
    const fn = this.call.definition;
    let args: Middleware.TransformStepInputArgs = {
      fn,
      stepInfo: { hashedId, memoized, stepType },
      stepOptions: { ...options },
      input: [...(input ?? [])],
    };
    for (const layer of this.layers) args = (await layer.transformStepInput?.(args)) ?? args;
    return this.#wrapped(changeStep(given, args));
  }

  async #wrapped(given: StepOp): Promise<unknown> {
    const info = describeStep(given, this.call.host.foresee(given.id));
    const op = this.#withRollback(given, info);
    // The handler has everything that was recorded: what it does next is new.
    if (this.#unasked.delete(info.hashedId) && this.#unasked.size === 0) await this.endMemoization();
    if (info.memoized || !outsideKinds.has(op.kind)) return this.#throughWrapStep(info, () => this.#result(op, info));
    // Its result comes as one that was recorded meanwhile, also where the instance has stayed alive.
    const result = this.#result(op, info);
    await result.catch(() => {});
    return this.#throughWrapStep({ ...info, memoized: true }, () => result);
  }

  #throughWrapStep(info: Middleware.StepInfo, result: () => Promise<unknown>): Promise<unknown> {
    const { ctx } = this;
    const fn = this.call.definition;
    let next = result;
    for (const layer of this.layers.toReversed()) {
      if (!layer.wrapStep) continue;
      const inner = next;
      next = async () => {
        const active = wrapping.getStore() ?? nobody;
        if (active.has(layer)) return inner();
        const guarded = (): Promise<unknown> => wrapping.run(active, inner);
        return wrapping.run(new Set(active).add(layer), () =>
          layer.wrapStep!({ ctx, fn, stepInfo: info, next: guarded }),
        );
      };
    }
    return next();
  }

  /** A rollback gets the result as the handler got it, not as it is recorded. */
  #withRollback(op: StepOp, info: Middleware.StepInfo): StepOp {
    const { rollback } = op;
    if (!rollback) return op;
    const memoized = { ...info, memoized: true };
    const open = (result: unknown): Promise<unknown> => this.#throughWrapStep(memoized, async () => result);
    if (rollback.kind === "transaction") return { ...op, rollback: { ...rollback, open } };
    const call: typeof rollback.call = async (result, context) => rollback.call(await open(result), context);
    return { ...op, rollback: { ...rollback, call } };
  }

  /** What the handler gets of the step, before `wrapStep`. */
  async #result(op: StepOp, info: Middleware.StepInfo): Promise<unknown> {
    const { host } = this.call;
    const own = { value: undefined as unknown, made: false };
    let value: unknown;
    try {
      const prepared = await this.#prepare(op, info, own);
      value = await (op.kind === "sendSignal" && !info.memoized ? this.#told(prepared, info) : host.perform(prepared));
    } catch (error) {
      await this.#settled();
      throw this.#changedError(op, info) ?? error;
    }
    await this.#settled();
    if (own.made) return JSON.parse(JSON.stringify(own.value) ?? "null");
    const changed = this.changed[info.hashedId];
    if (info.memoized && changed && changed !== this.recorded[info.hashedId]) return readChanged(op, changed);
    if (!info.memoized && !ownKinds.has(op.kind)) {
      for (const layer of this.layers) if (layer.receiveStep) value = await layer.receiveStep(info.hashedId, value);
    }
    return value;
  }

  /** The hooks at the end of memoisation come before what the handler does with the result. */
  async #settled(): Promise<void> {
    if (this.call.host.live) await this.endMemoization();
  }

  #changedError(op: StepOp, info: Middleware.StepInfo): Error | null {
    const changed = this.changed[info.hashedId];
    if (!info.memoized || changed?.type !== "error" || changed === this.recorded[info.hashedId]) return null;
    return new StepError(op.id, changed.error);
  }

  /** The step with its hooks. They run where the handler asked for it, also when a timer or another run begins it. */
  async #prepare(op: StepOp, info: Middleware.StepInfo, own: { value: unknown; made: boolean }): Promise<StepOp> {
    switch (op.kind) {
      case "run": {
        const inHandler = AsyncLocalStorage.snapshot();
        const body = async (attempt: StepAttempt, input: readonly unknown[]): Promise<unknown> =>
          inHandler(() =>
            this.#attempt(op, info, attempt.number, async () => {
              const value = await op.body(attempt, input);
              if (this.#recordOnly) Object.assign(own, { value, made: true });
              return value;
            }),
          );
        return { ...op, body };
      }
      case "transaction": {
        const inHandler = AsyncLocalStorage.snapshot();
        const through = (attempt: number, plan: TransactionPlan): Promise<unknown> =>
          inHandler(() => this.#transact(op, info, attempt, plan, own));
        return { ...op, through };
      }
      case "fetch":
      case "ai": {
        const inHandler = AsyncLocalStorage.snapshot();
        const around = (attempt: number, make: () => Promise<unknown>): Promise<unknown> =>
          inHandler(() =>
            this.#attempt(op, info, attempt, async () => {
              const value = await make();
              if (this.#recordOnly) Object.assign(own, { value, made: true });
              return value;
            }),
          );
        return { ...op, around };
      }
      case "sendEvent": {
        const inHandler = AsyncLocalStorage.snapshot();
        const through = (attempt: number, send: SendPlan): Promise<unknown> =>
          inHandler(() => this.#send(op, info, attempt, send));
        return { ...op, through };
      }
      case "invoke": {
        let { data } = op;
        if (!info.memoized) {
          const changes: ((data: unknown) => Promise<unknown>)[] = [];
          for (const layer of this.layers) if (layer.openInvocation) changes.push(await layer.openInvocation());
          for (const change of changes) data = await change(data);
        }
        return { ...op, data };
      }
      default:
        return op;
    }
  }

  /** What is done with one write: there is nothing to wrap, only to tell. */
  async #told(op: StepOp, info: Middleware.StepInfo): Promise<unknown> {
    return this.#tryOnce(op, info, 0, () => this.call.host.perform(op));
  }

  #send(op: StepOp & { kind: "sendEvent" }, info: Middleware.StepInfo, attempt: number, send: SendPlan) {
    const { middleware, definition } = this.call;
    const sender = { client: definition.client, fn: definition };
    return this.#attempt(op, info, attempt, () =>
      sendThrough(middleware, sender, op.events as readonly EventPayload[], send),
    );
  }

  #transact(
    op: StepOp,
    info: Middleware.StepInfo,
    attempt: number,
    plan: TransactionPlan,
    own: { value: unknown; made: boolean },
  ): Promise<unknown> {
    const wraps = this.layers.some((layer) => layer.wrapStepHandler);
    const transact = async (wrap: Wrap): Promise<unknown> => {
      if (!wraps) return plan.execute();
      for (let times = 0; times < mostRehearsals; times++) {
        const last: { rehearsal: Rehearsal | null } = { rehearsal: null };
        const record = await wrap(async () => {
          last.rehearsal = null;
          last.rehearsal = await plan.rehearse();
          return last.rehearsal.value;
        });
        if (!(await plan.commit(last.rehearsal, record))) continue;
        if (this.#recordOnly && last.rehearsal) Object.assign(own, { value: last.rehearsal.value, made: true });
        return record;
      }
      const detail = `what step \`${op.id}\` reads was changed by others ${mostRehearsals} times in a row`;
      throw new StepUseError("transaction-changes", detail);
    };
    return Promise.resolve(this.within(op.id, () => this.#tryOnce(op, info, attempt, transact))());
  }

  /** One attempt at a step that runs here. Inside, no other step may be asked for. */
  #attempt(op: StepOp, info: Middleware.StepInfo, attempt: number, handler: () => Promise<unknown>): Promise<unknown> {
    const run = this.within(op.id, () => this.#tryOnce(op, info, attempt, (wrap) => wrap(handler)));
    return Promise.resolve(run());
  }

  async #tryOnce(
    op: StepOp,
    info: Middleware.StepInfo,
    attempt: number,
    perform: (wrap: Wrap) => Promise<unknown>,
  ): Promise<unknown> {
    const { ctx } = this;
    const fn = this.call.definition;
    const args = { ctx, fn, stepInfo: info };
    await this.endMemoization();
    await this.#tell("onStepStart", (layer) => layer.onStepStart?.(args));
    const wrap: Wrap = (handler) => {
      let next = handler;
      for (const layer of this.layers.toReversed()) {
        if (!layer.wrapStepHandler) continue;
        const inner = next;
        next = async () => layer.wrapStepHandler!({ ...args, next: inner });
      }
      return next();
    };
    let output: unknown;
    try {
      output = await perform(wrap);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      const isFinalAttempt =
        isNonRetriableError(thrown) ||
        isStepError(thrown) ||
        attempt >= (op.retries?.limit ?? this.call.maxAttempts - 1);
      await this.#tell("onStepError", (layer) => layer.onStepError?.({ ...args, error, isFinalAttempt }));
      throw thrown;
    }
    await this.#tell("onStepComplete", (layer) => layer.onStepComplete?.({ ...args, output }));
    return output;
  }

  async #tell(name: string, visit: (layer: Layer) => unknown): Promise<void> {
    for (const layer of this.layers) {
      try {
        await visit(layer);
      } catch (error) {
        logFailure(this.call.definition, name, layer.id, error);
      }
    }
  }
}

function readChanged(op: StepOp, changed: Steps[string]): unknown {
  if (changed.type === "error") throw new StepError(op.id, changed.error);
  return changed.data;
}
