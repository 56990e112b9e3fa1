import { applicationFromDefinitions, type Application } from "../../codegen/application.js";
import { createEventValidators } from "../../codegen/event-validators.js";
import { isNonRetriableError } from "../../define/errors.js";
import type { FunctionDefinition } from "../../define/function-definition.js";
import { serializeError } from "../../define/serialize-error.js";
import { lendAmbient } from "../../engine/lend-ambient.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { hashKey } from "../../protocol/step-hash.js";
import type { StepOp } from "../../transport/step-op.js";
import type { HandlerCall } from "../../transport/transport.js";
import { overlay } from "../overlay.js";
import { TestEngine } from "../test-engine.js";
import { type Checkpoint, describeFound, isRunnable, type OutgoingStep } from "./checkpoint.js";
import { findMock, type MockedStep, type MockResults } from "./mocked-steps.js";

export interface ExecutionPlan {
  readonly fn: FunctionDefinition;
  readonly events: readonly object[];
  readonly steps: readonly MockedStep[];
  readonly results: MockResults;
  readonly transformCtx: (ctx: any) => any;
  /** A single step is told of before it is executed, too. */
  readonly planFirst: boolean;
  readonly stopAt: (checkpoint: Checkpoint) => boolean;
}

export interface Executed {
  readonly checkpoint: Checkpoint;
  /** What the handler got; undefined when it was not called. */
  readonly ctx: any;
  /** By step, in the order in which they were asked for; only those that have ended. */
  readonly state: Record<string, Promise<unknown>>;
  /** Steps that were executed, as mocks that give their results again. */
  readonly ran: readonly MockedStep[];
}

/** In one go: sleeps end by themselves, and nothing is let go. */
const forever = Number.MAX_SAFE_INTEGER / 2 ** 10;
const mostTimers = 10_000;

/** Executes the function on the production engine until `stopAt` says so, a step fails, or it ends. */
export async function executeUntil(plan: ExecutionPlan): Promise<Executed> {
  return new Executing(plan).execute();
}

class Executing {
  readonly #state = new Map<string, { readonly promise: Promise<unknown>; ended: boolean }>();
  readonly #ran: MockedStep[] = [];
  readonly #stopped: Promise<Checkpoint>;
  #stop!: (checkpoint: Checkpoint) => void;
  #over = false;
  #ctx: unknown = undefined;
  #found: { readonly step: OutgoingStep; readonly op: StepOp; readonly perform: () => void }[] = [];

  constructor(readonly plan: ExecutionPlan) {
    this.#stopped = new Promise((resolve) => (this.#stop = resolve));
  }

  async execute(): Promise<Executed> {
    const engine = TestEngine.make({
      app: applicationOf(this.plan.fn),
      store: createMemoryStore(),
      limits: { parkAfterMs: forever },
      wrapTransport: (inner) => ({
        execute: (call) => {
          // Only the run itself, not what its events start.
          const handler = (context: never) => call.handler((this.#ctx = this.plan.transformCtx(context)) as never);
          const perform = (op: StepOp): Promise<unknown> => this.#perform(call, op);
          const host = overlay(call.host, { perform });
          const result = inner.execute(overlay(call, { handler, host, events: this.plan.events }));
          result.then(
            (value) => this.#reach({ type: "function-resolved", data: value ?? null }, true),
            (error: unknown) => this.#rejected(error),
          );
          return result;
        },
      }),
    });
    const takeBack = lendAmbient(engine.engine);
    try {
      await engine.engine.start();
      const { data } = this.plan.events[0] as { data?: unknown };
      await engine.engine.invoke(this.plan.fn.id, data ?? {});
      const checkpoint = await Promise.race([this.#stopped, this.#passTime(engine)]);
      const ended = [...this.#state].filter(([, { ended }]) => ended);
      const state = Object.fromEntries(ended.map(([key, { promise }]) => [key, promise]));
      return { checkpoint, ctx: this.#ctx, state, ran: this.#ran };
    } finally {
      this.#over = true;
      engine.kill();
      takeBack();
    }
  }

  /** Lets sleeps pass. It only ends by an error: the execution ends it. */
  async #passTime(engine: TestEngine): Promise<never> {
    for (let timers = 0; timers < mostTimers && !this.#over; timers++) {
      await engine.settle();
      const { nextAt } = engine.clock;
      if (nextAt !== null) engine.clock.step(nextAt);
    }
    if (this.#over) return new Promise(() => {});
    throw new Error(`\`${this.plan.fn.id}\` does not end: it waits for something that does not come`);
  }

  #reach(checkpoint: Checkpoint, final: boolean): boolean {
    if (this.#over) return true;
    if (!final && !this.plan.stopAt(checkpoint)) return false;
    this.#over = true;
    this.#stop(checkpoint);
    return true;
  }

  #rejected(error: unknown): void {
    const retriable = !isNonRetriableError(error);
    this.#reach({ type: "function-rejected", error: serializeError(error), retriable }, true);
  }

  #perform(call: HandlerCall, op: StepOp): Promise<unknown> {
    if (this.#over) return new Promise(() => {});
    const { key } = call.host.foresee(op.id);
    const mock = findMock(this.plan.steps, key);
    const promise = mock ? this.#mocked(call, op, key, mock) : this.#planned(call, op, key);
    const entry = { promise, ended: false };
    const end = (): void => void (entry.ended = true);
    promise.then(end, end);
    this.#state.set(key, entry);
    return promise;
  }

  #mocked({ host }: HandlerCall, { id, name }: StepOp, key: string, mock: MockedStep): Promise<unknown> {
    const body = () => this.plan.results.play(hashKey(key), mock);
    return host.perform({ kind: "run", id, name, input: [], body });
  }

  /** Steps that are asked for together are told of together, before the first of them is executed. */
  #planned(call: HandlerCall, op: StepOp, key: string): Promise<unknown> {
    const step = describeFound(op, key);
    return new Promise((resolve, reject) => {
      if (this.#found.length === 0) setImmediate(() => this.#begin());
      const perform = (): void => void call.host.perform(this.#watched(op, step)).then(resolve, reject);
      this.#found.push({ step, op, perform });
    });
  }

  #begin(): void {
    const found = this.#found;
    this.#found = [];
    const told = this.plan.planFirst || found.length > 1 || found.some(({ op }) => !isRunnable(op));
    if (told && this.#reach({ type: "steps-found", steps: found.map(({ step }) => step) }, false)) return;
    for (const { op, perform } of found) {
      if (isRunnable(op) || op.kind === "sleep") perform();
      else {
        const help = `mock it: \`steps: [{ id: ${JSON.stringify(op.id)}, handler: () => … }]\``;
        return this.#rejected(new Error(`step \`${op.id}\` [${op.kind}] waits for what a test has to give; ${help}`));
      }
    }
  }

  /** The same step, with its body's end as a checkpoint. A body that throws ends the execution: attempts are not modelled. */
  #watched(op: StepOp, found: OutgoingStep): StepOp {
    if (op.kind !== "run") return op;
    const { opts: _, ...step } = found;
    return {
      ...op,
      body: async (attempt, input) => {
        let data: unknown;
        try {
          data = await op.body(attempt, input);
        } catch (thrown) {
          const error = serializeError(thrown);
          this.#reach({ type: "step-ran", step: { ...step, op: "StepError", error } }, true);
          return new Promise(() => {});
        }
        this.#ran.push({ id: step.id, idIsHashed: true, handler: () => data });
        const stopped = this.#reach({ type: "step-ran", step: { ...step, op: "StepRun", data: data ?? null } }, false);
        return stopped ? new Promise(() => {}) : data;
      },
    };
  }
}

/** The function alone: started whatever it is triggered by, without retries and limits. */
function applicationOf(fn: FunctionDefinition): Application {
  const app = applicationFromDefinitions([fn]);
  return {
    ...app,
    events: createEventValidators([], []),
    functions: app.functions.map((each) => {
      const { retries } = each.entry.config;
      const config = { retries: { ...retries, limit: 0 }, concurrency: [], cancelOn: [], timeouts: {} };
      return { ...each, entry: { ...each.entry, triggers: [], config } };
    }),
  };
}
