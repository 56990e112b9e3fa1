import { AsyncLocalStorage } from "node:async_hooks";
import { isNonRetriableError, isStepError, StepError } from "../../define/errors.js";
import type { EventPayload } from "../../define/event-payload.js";
import type { Middleware } from "../../define/middleware.js";
import { sendThrough } from "../../define/send-through.js";
import type { SendPlan, StepAttempt, StepHost, StepOp } from "../step-op.js";
import type { HandlerCall } from "../transport.js";
import type { Layer } from "./layer.js";
import { logFailure } from "./log-failure.js";
import { changeStep, describeStep } from "./step-info.js";

export type Within = <A extends readonly unknown[]>(
  stepId: string,
  body: (...args: A) => unknown,
) => (...args: A) => unknown;

type Steps = Middleware.TransformFunctionInputArgs["steps"];

/** The middleware whose `wrapStep` has not called `next` yet: the steps that it adds do not go through it again. */
const wrapping = new AsyncLocalStorage<ReadonlySet<Layer>>();
const nobody: ReadonlySet<Layer> = new Set();

/** Steps come from outside, and not from what ran in this process. */
const ownKinds: ReadonlySet<string> = new Set(["run", "transaction", "sendEvent", "sleep"]);

/** Takes the steps of one execution through the middleware's hooks. */
export class StepHooks implements StepHost {
  readonly #transforms: boolean;
  readonly #recordOnly: boolean;

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
    return this.#throughWrapStep(info, () => this.#result(op, info));
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

  /** A rollback gets the result as the handler got it, not as it is recorded. One in a transaction cannot wait for that. */
  #withRollback(op: StepOp, info: Middleware.StepInfo): StepOp {
    const { rollback } = op;
    if (rollback?.kind !== "plain") return op;
    const call: typeof rollback.call = async (result, context) => {
      const memoized = { ...info, memoized: true };
      return rollback.call(await this.#throughWrapStep(memoized, async () => result), context);
    };
    return { ...op, rollback: { kind: "plain", call } };
  }

  /** What the handler gets of the step, before `wrapStep`. */
  async #result(op: StepOp, info: Middleware.StepInfo): Promise<unknown> {
    const { host } = this.call;
    const own = { value: undefined as unknown, made: false };
    let value: unknown;
    try {
      value = await host.perform(await this.#prepare(op, info, own));
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
      case "sendEvent": {
        const inHandler = AsyncLocalStorage.snapshot();
        return { ...op, through: (attempt, send) => inHandler(() => this.#send(op, info, attempt, send)) };
      }
      case "invoke": {
        let { data } = op;
        if (!info.memoized) {
          for (const layer of this.layers) if (layer.transformInvocation) data = await layer.transformInvocation(data);
        }
        return { ...op, data };
      }
      default:
        return op;
    }
  }

  #send(op: StepOp & { kind: "sendEvent" }, info: Middleware.StepInfo, attempt: number, send: SendPlan) {
    const { middleware, definition } = this.call;
    const sender = { client: definition.client, fn: definition };
    return this.#attempt(op, info, attempt, () =>
      sendThrough(middleware, sender, op.events as readonly EventPayload[], send),
    );
  }

  /** One attempt at a step that runs here. Inside, no other step may be asked for. */
  #attempt(op: StepOp, info: Middleware.StepInfo, attempt: number, handler: () => Promise<unknown>): Promise<unknown> {
    const run = this.within(op.id, () => this.#tryOnce(op, info, attempt, handler));
    return Promise.resolve(run());
  }

  async #tryOnce(
    op: StepOp,
    info: Middleware.StepInfo,
    attempt: number,
    handler: () => Promise<unknown>,
  ): Promise<unknown> {
    const { ctx } = this;
    const fn = this.call.definition;
    const args = { ctx, fn, stepInfo: info };
    await this.endMemoization();
    await this.#tell("onStepStart", (layer) => layer.onStepStart?.(args));
    let next = handler;
    for (const layer of this.layers.toReversed()) {
      if (!layer.wrapStepHandler) continue;
      const inner = next;
      next = async () => layer.wrapStepHandler!({ ...args, next: inner });
    }
    let output: unknown;
    try {
      output = await next();
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
