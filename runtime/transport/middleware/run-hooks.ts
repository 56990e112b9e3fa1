import type { Middleware } from "../../define/middleware.js";
import type { StepHost, StepOp } from "../step-op.js";
import type { HandlerCall, HandlerEnd } from "../transport.js";
import { checkOpened } from "./check-opened.js";
import { createLayers } from "./create-layers.js";
import type { Layer } from "./layer.js";
import { logFailure } from "./log-failure.js";
import { answerThrough } from "./request.js";
import { readRecorded } from "./recorded-steps.js";
import { StepHooks, type Within } from "./step-hooks.js";

/**
 * One execution of a handler that has middleware: from its beginning, or from its journal. Client before function;
 * transformations and notices in that order, wrappers as an onion, v3's hooks of what comes after in reverse.
 *
 * 1. `wrapRequest` around everything; 2. `transformFunctionInput`, v3's `beforeMemoization`; 3. the end of memoisation,
 * when the handler gets to where no execution has been; 4. `onRunStart`, the handler inside `wrapFunctionHandler`;
 * 5. `onRunComplete` or `onRunError`, v3's `finished` and `beforeResponse`.
 */
export class RunHooks implements StepHost {
  #layers: readonly Layer[] = [];
  #ctx: Middleware.RunContext | null = null;
  #memoization: Promise<void> | null = null;
  #steps: StepHooks | null = null;

  constructor(
    readonly call: HandlerCall,
    readonly within: Within,
  ) {}

  /** Never settles when the handler is let go before its end. */
  async run(context: object): Promise<unknown> {
    const { call } = this;
    const input: Middleware.TransformFunctionInputArgs = {
      ctx: context as Middleware.RunContext,
      fn: call.definition,
      steps: readRecorded(call.host.journal),
    };
    this.#ctx = input.ctx;
    this.#layers = await createLayers(call.middleware, call.definition.client, input);
    const gone = new Promise<HandlerEnd>((resolve) => {
      call.host.whenGone(() => {
        void this.#left();
        resolve({ kind: "gone" });
      });
    });
    return answerThrough(this.#layers, call, () => Promise.race([this.#answer(input), gone]));
  }

  perform(op: StepOp): Promise<unknown> {
    if (!this.#steps) throw new Error("internal error: a step before the middleware is ready");
    return this.#steps.perform(op);
  }

  async #answer(given: Middleware.TransformFunctionInputArgs): Promise<HandlerEnd> {
    try {
      return { kind: "returned", value: await this.#handle(given) };
    } catch (error) {
      return { kind: "threw", error };
    }
  }

  async #handle(given: Middleware.TransformFunctionInputArgs): Promise<unknown> {
    try {
      return await this.#finish(() => this.#execute(given));
    } finally {
      await this.#each("beforeResponse", (layer) => layer.beforeResponse?.());
    }
  }

  async #execute(given: Middleware.TransformFunctionInputArgs): Promise<unknown> {
    const { call } = this;
    const fn = call.definition;
    let input = given;
    for (const layer of this.#layers) input = (await layer.transformFunctionInput?.(input)) ?? input;
    const ctx = (this.#ctx = input.ctx);
    this.#steps = new StepHooks(call, this.#layers, ctx, this.within, given.steps, input.steps, () =>
      this.#endMemoization(),
    );
    for (const layer of this.#layers) await layer.beforeMemoization?.();
    call.host.whenLive(() => void this.#endMemoization().catch(() => {}));
    await this.#memoization;
    if (call.host.fresh) await this.#tell("onRunStart", (layer) => layer.onRunStart?.({ ctx, fn }));
    let next = async (): Promise<unknown> => {
      try {
        await checkOpened(call, ctx.event);
        return await call.handler(ctx as never);
      } finally {
        await this.#endMemoization();
        for (const layer of this.#layers.toReversed()) await layer.afterExecution?.();
      }
    };
    for (const layer of this.#layers.toReversed()) {
      if (!layer.wrapFunctionHandler) continue;
      const inner = next;
      next = async () => layer.wrapFunctionHandler!({ ctx, fn, next: inner });
    }
    return next();
  }

  /** Tells how the handler ended. */
  async #finish(execute: () => Promise<unknown>): Promise<unknown> {
    const { definition: fn, host } = this.call;
    let output: unknown;
    try {
      output = await execute();
    } catch (thrown) {
      const error = toError(thrown);
      const ctx = this.#ctx!;
      const isFinalAttempt = host.endsRun(thrown);
      await this.#tell("onRunError", (layer) => layer.onRunError?.({ ctx, fn, error, isFinalAttempt }));
      await this.#each("finished", (layer) => layer.finished?.({ error: thrown }));
      throw thrown;
    }
    const ctx = this.#ctx!;
    await this.#tell("onRunComplete", (layer) => layer.onRunComplete?.({ ctx, fn, output }));
    await this.#each("finished", (layer) => layer.finished?.({ data: output }));
    return output;
  }

  /** Once: from here on the handler does what no execution has done before. */
  #endMemoization(): Promise<void> {
    return (this.#memoization ??= this.#runMemoizationEnd());
  }

  async #runMemoizationEnd(): Promise<void> {
    const ctx = this.#ctx!;
    const fn = this.call.definition;
    await this.#tell("onMemoizationEnd", (layer) => layer.onMemoizationEnd?.({ ctx, fn }));
    for (const layer of this.#layers.toReversed()) await layer.afterMemoization?.();
    for (const layer of this.#layers) await layer.beforeExecution?.();
  }

  /** The handler is let go: what v3 promises to call is called all the same. */
  async #left(): Promise<void> {
    if (!this.#steps) return;
    try {
      await this.#endMemoization();
      for (const layer of this.#layers.toReversed()) await layer.afterExecution?.();
      await this.#each("beforeResponse", (layer) => layer.beforeResponse?.());
    } catch (error) {
      logFailure(this.call.definition, "beforeResponse", "", error);
    }
  }

  async #each(_name: string, visit: (layer: Layer) => unknown): Promise<void> {
    for (const layer of this.#layers) await visit(layer);
  }

  /** What is only told of something cannot make it fail. */
  async #tell(name: string, visit: (layer: Layer) => unknown): Promise<void> {
    for (const layer of this.#layers) {
      try {
        await visit(layer);
      } catch (error) {
        logFailure(this.call.definition, name, layer.id, error);
      }
    }
  }
}

/** Hooks are told of errors; what else was thrown stands in the message. */
export function toError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  return new Error(typeof thrown === "object" ? JSON.stringify(thrown) : String(thrown));
}
