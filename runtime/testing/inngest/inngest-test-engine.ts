import type { FunctionDefinition } from "../../define/function-definition.js";
import { hashKey } from "../../protocol/step-hash.js";
import { type CheckpointKey, type CheckpointOf, type DeepPartial, type OutgoingStep } from "./checkpoint.js";
import { type Executed, executeUntil, type ExecutionPlan } from "./execute-until.js";
import { InngestTestRun } from "./inngest-test-run.js";
import { type MockedStep, MockResults } from "./mocked-steps.js";
import { spyOnAll } from "./spy.js";

export interface InngestTestEngineOptions {
  readonly function: FunctionDefinition;
  /** Default: one `inngest/function.invoked`. What an event lacks is filled in. */
  readonly events?: readonly {
    readonly name?: string;
    readonly data?: any;
    readonly id?: string;
    readonly ts?: number;
  }[];
  /** What these steps give in place of being executed. */
  readonly steps?: readonly MockedStep[];
  /** Default `mockCtx`. */
  readonly transformCtx?: (ctx: any) => any;
  /** A single step is told of as `steps-found` before it is executed, too. */
  readonly disableImmediateExecution?: boolean;
  /** Taken, and ignored: no handler here is reached by a request. */
  readonly reqArgs?: readonly unknown[];
}

export type InlineOptions = Partial<Omit<InngestTestEngineOptions, "function">>;

/** How an execution ended: `result` or `error` (as JSON); `ctx.step` are spies; `state` has a promise for each step. */
export interface RunOutput {
  readonly result?: any;
  readonly error?: any;
  readonly ctx: any;
  readonly state: Readonly<Record<string, Promise<any>>>;
  readonly run: InngestTestRun;
}

export interface RunStepOutput extends RunOutput {
  readonly step: OutgoingStep;
}

/** Where an execution was stopped. */
export interface ExecutionOutput<K extends CheckpointKey = CheckpointKey> {
  readonly result: CheckpointOf<K>;
  readonly ctx: any;
  readonly state: Readonly<Record<string, Promise<any>>>;
  readonly run: InngestTestRun;
}

/**
 * Tests one function as `@inngest/test` does: in one go, without retries, flow control and `onFailure`; sleeps pass at
 * once. `TestEnvironment` is the whole engine.
 *
 * @example
 * const t = new InngestTestEngine({ function: hello, steps: [{ id: "price", handler: () => 12 }] });
 * const { result, ctx } = await t.execute();
 * expect(ctx.step.run).toHaveBeenCalledWith("price", expect.any(Function));
 */
export class InngestTestEngine {
  #results = new MockResults();

  constructor(readonly options: InngestTestEngineOptions) {}

  /** The same with other options; mocks that were called are not called again. */
  clone(inline: InlineOptions = {}): InngestTestEngine {
    const cloned = new InngestTestEngine({ ...this.options, ...inline });
    cloned.#results = this.#results;
    return cloned;
  }

  /** Executes the function to its end. A step that fails ends it, with that step's error. */
  async execute(inline?: InlineOptions): Promise<RunOutput> {
    const { result, ctx, state, run } = await this.stopAt(inline, () => false);
    if (result.type === "function-resolved") return { ctx, state, run, result: result.data };
    const error: unknown =
      result.type === "function-rejected" ? result.error : result.type === "step-ran" && result.step.error;
    return { ctx, state, run, error };
  }

  /**
   * Executes the function until this step has been executed; one that only waits is given back as it was asked for.
   *
   * @throws CheckpointMissed when the function ends without having asked for it
   */
  async executeStep(stepId: string, inline?: InlineOptions): Promise<RunStepOutput> {
    const id = hashKey(stepId);
    const isIt = (step: OutgoingStep): boolean => step.id === id;
    const output = await this.stopAt({ ...inline, disableImmediateExecution: true }, (checkpoint) =>
      checkpoint.type === "steps-found"
        ? checkpoint.steps.some((step) => isIt(step) && step.op !== "StepPlanned")
        : checkpoint.type === "step-ran" && isIt(checkpoint.step),
    );
    const { result: checkpoint, ctx, state, run } = output;
    if (checkpoint.type === "steps-found") return { ctx, state, run, step: checkpoint.steps.find(isIt)! };
    if (checkpoint.type !== "step-ran" || !isIt(checkpoint.step))
      throw new CheckpointMissed(`step \`${stepId}\``, output);
    const { step } = checkpoint;
    return { ctx, state, run, step, ...("error" in step ? { error: step.error } : { result: step.data }) };
  }

  /** Executes the function to the first checkpoint. */
  individualExecution(inline?: InlineOptions): Promise<ExecutionOutput> {
    return this.stopAt(inline, () => true);
  }

  /** Executes the function until `stop` says so, a step fails, or it ends. */
  async stopAt(inline: InlineOptions = {}, stop: ExecutionPlan["stopAt"]): Promise<ExecutionOutput> {
    const options = { ...this.options, ...inline };
    const executed = await executeUntil({
      fn: options.function,
      events: (options.events ?? [{}]).map((event) => ({ ...createMockEvent(), ...event })),
      steps: options.steps ?? [],
      results: this.#results,
      transformCtx: options.transformCtx ?? mockCtx,
      planFirst: options.disableImmediateExecution ?? false,
      stopAt: stop,
    });
    return this.#describe(options, executed);
  }

  #describe(options: InngestTestEngineOptions, { checkpoint, ctx, state, ran }: Executed): ExecutionOutput {
    const steps = [...(options.steps ?? []), ...ran];
    return { result: checkpoint, ctx, state, run: new InngestTestRun(this.clone({ ...options, steps })) };
  }
}

/** The function ended, or a step failed, before what was waited for. Has what the execution came to. */
export class CheckpointMissed extends Error {
  override readonly name = "CheckpointMissed";
  readonly result: ExecutionOutput["result"];
  readonly ctx: any;
  readonly state: ExecutionOutput["state"];
  readonly run: InngestTestRun;

  constructor(what: string, { result, ctx, state, run }: ExecutionOutput) {
    const error: unknown = "error" in result ? result.error : "step" in result ? result.step.error : undefined;
    const reason = (error as { message?: string } | undefined)?.message;
    super(
      `${what} was not reached: the execution ended with ${result.type}${reason === undefined ? "" : `: ${reason}`}`,
    );
    this.result = result;
    this.ctx = ctx;
    this.state = state;
    this.run = run;
  }
}

export type CheckpointSubset<K extends CheckpointKey> = DeepPartial<CheckpointOf<K>>;

/** The context with every step tool as a spy. For use in a `transformCtx` of one's own. */
export function mockCtx<C extends { readonly step: object }>(ctx: C): C {
  return { ...ctx, step: spyOnAll(ctx.step) };
}

let events = 0;

/** An invocation, for functions that are tested without an event. */
export function createMockEvent(): { id: string; name: string; data: object; ts: number } {
  return { id: `mock-event-${++events}`, name: "inngest/function.invoked", data: {}, ts: Date.now() };
}
