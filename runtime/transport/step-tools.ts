import { models } from "../define/ai-models.js";
import { makeMetadata, type MetadataBuilder, type MetadataTool } from "../define/metadata.js";
import { noteWriter } from "../define/note.js";
import type { ScoreTool } from "../define/score.js";
import { inheritSessions, sendInSessions, sessionsToPropagate } from "../define/sessions.js";
import type { StepTools } from "../define/step-tools.js";
import { currentRun, inStep } from "./ambience.js";
import { namesFetch, readFetch, readInfer, toResponse } from "./request-op.js";
import {
  checkWait,
  readAttemptOptions,
  readCondition,
  readDuration,
  readEventName,
  readId,
  readMoment,
  readOptions,
  readTarget,
  readTimeout,
} from "./step-arguments.js";
import { readPublish } from "./publish-arguments.js";
import { readSendSignal, readSignalWait } from "./signal-arguments.js";
import { StepUseError } from "./step-errors.js";
import type { HandlerCall } from "./transport.js";
import type { StepAttempt, StepHost, StepOp, StepScope } from "./step-op.js";

export interface StepToolsContext {
  readonly host: StepHost;
  readonly appId: string;
  readonly call: Pick<HandlerCall, "definition" | "events">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Zero-based. */
  readonly attempt: number;
  /** Makes the body of a step know that it is one. */
  readonly within: <A extends readonly unknown[]>(
    stepId: string,
    body: (...args: A) => unknown,
  ) => (...args: A) => unknown;
  /** Makes the steps that a branch of a race asks for bear its scope. */
  readonly branch: (body: () => unknown) => (scope: StepScope) => Promise<unknown>;
  /** The branch of a race that the step is asked for in. @throws StepUseError where it may not be asked for */
  readonly scopeOf: (stepId: string) => StepScope | null;
}

type Tool = (...args: unknown[]) => Promise<unknown>;
export type ReadOp = (args: readonly unknown[], context: StepToolsContext) => StepOp;

/**
 * The `step` of one handler call: checks the arguments and hands the request to the host. Only functions that need no
 * `this`, since handlers take them apart. One is made for each run: what is the same for all is shared.
 */
export function createStepTools(context: StepToolsContext): StepTools<never> & { readonly attempt: number } {
  // The tools' types follow the application's events; at run time they are all the same.
  return new RunTools(context) as unknown as StepTools<never> & { readonly attempt: number };
}

/** What needs the run is its own; the rest stands on the prototype, where taking apart finds it, too. */
class RunTools {
  readonly attempt: number;
  readonly run: Tool;
  readonly transaction: Tool;
  readonly race: Tool;
  readonly sleep: Tool;
  readonly sleepUntil: Tool;
  readonly waitForEvent: Tool;
  readonly invoke: Tool;
  readonly sendEvent: Tool;

  readonly #context: StepToolsContext;

  constructor(context: StepToolsContext) {
    this.#context = context;
    this.attempt = context.attempt;
    this.run = (...args) => ask(readRun, args, context);
    this.transaction = (...args) => ask(readTransaction, args, context);
    this.race = (...args) => ask(readRace, args, context);
    this.sleep = (...args) => ask(readSleep, args, context);
    this.sleepUntil = (...args) => ask(readSleepUntil, args, context);
    this.waitForEvent = (...args) => ask(readWait, args, context);
    this.invoke = (...args) => ask(readInvoke, args, context);
    this.sendEvent = (...args) => ask(readSend, args, context);
  }

  /** Most runs make no request: what that takes is made when it is asked for. */
  get fetch(): Tool {
    const context = this.#context;
    return async (...args) => {
      // Without an id, in the body of a step: a plain request of that body, as in the SDK.
      if (inStep() && !namesFetch(args)) return globalThis.fetch(...(args as Parameters<typeof globalThis.fetch>));
      return toResponse(await ask(readFetch, args, context));
    };
  }

  get waitForSignal(): Tool {
    const context = this.#context;
    return (...args) => ask(readSignalWait, args, context);
  }

  get sendSignal(): Tool {
    const context = this.#context;
    return (...args) => ask(readSendSignal, args, context);
  }

  get score(): ScoreTool {
    const context = this.#context;
    return async (id, options) => {
      const { client, runId } = currentRun();
      await ask(readRun, [id, () => client.score({ runId, ...options })], context);
    };
  }

  get metadata(): MetadataTool {
    const context = this.#context;
    return (id) => {
      const { client } = currentRun();
      const inOne = async (body: () => unknown): Promise<void> => void (await ask(readRun, [id, body], context));
      const all = { do: (body: (builder: MetadataBuilder) => Promise<void>) => inOne(() => body(client.metadata)) };
      return makeMetadata((...note) => inOne(() => client[noteWriter](...note)), all);
    };
  }

  get ai(): object {
    const context = this.#context;
    const infer: Tool = (...args) => ask(readInfer, args, context);
    const wrap: Tool = (...args) => ask(readWrap, args, context);
    return { infer, wrap, models };
  }

  get realtime(): object {
    const context = this.#context;
    const publish: Tool = (...args) => ask(readPublish, args, context);
    return { publish };
  }
}

function ask(read: ReadOp, args: readonly unknown[], context: StepToolsContext): Promise<unknown> {
  try {
    const op = read(args, context);
    const scope = context.scopeOf(op.id);
    return context.host.perform(scope ? { ...op, scope } : op);
  } catch (error) {
    const rejected = Promise.reject(error instanceof Error ? error : new Error(String(error)));
    // A step that nobody awaits must not end the process.
    rejected.catch(() => {});
    return rejected;
  }
}

const readRun: ReadOp = (args, context) => {
  const { options, rest } = readStepOptions(args);
  const [body, ...input] = rest;
  const { id, name } = readId(args[0]);
  if (typeof body !== "function")
    throw new StepUseError("invalid-step-options", `step \`${id}\` has no function to run`);
  const call = (attempt: StepAttempt, given: readonly unknown[]): unknown =>
    given.length > 0 ? body(...given) : body(attempt);
  const op = { kind: "run", id, name, input, body: context.within(id, call) } as const;
  return options === null ? op : withRollback({ ...op, ...readAttemptOptions(id, options) }, options, context);
};

const readWrap: ReadOp = (args, context) => ({
  ...(readRun(args, context) as StepOp & { kind: "run" }),
  wrapsAi: true,
});

const readTransaction: ReadOp = (args, context) => {
  const { options, rest } = readStepOptions(args);
  const [body] = rest;
  const { id, name } = readId(args[0]);
  if (typeof body !== "function")
    throw new StepUseError("invalid-step-options", `step \`${id}\` has no function to run`);
  const op: StepOp = { kind: "transaction", id, name, body: context.within(id, (tx: unknown) => body(tx)) };
  if (options === null) return op;
  if ("timeout" in options) {
    throw new StepUseError(
      "invalid-step-options",
      `step \`${id}\`: a transaction has no \`timeout\``,
      "leave it out: the runtime's limit `transactionMs` holds for all",
    );
  }
  return withRollback({ ...op, ...readAttemptOptions(id, options) }, options, context);
};

const readRace: ReadOp = ([idOrOptions, given], context) => {
  const { id, name } = readId(idOrOptions);
  const branches = Object.entries(readOptions(id, given)).map(([branch, body]) => {
    if (typeof body === "function") return { name: branch, begin: context.branch(() => body()) };
    throw new StepUseError("invalid-step-options", `branch \`${branch}\` of step \`${id}\` is not a function`);
  });
  if (branches.length === 0) throw new StepUseError("invalid-step-options", `race \`${id}\` has no branches`);
  return { kind: "race", id, name, branches };
};

/** `(id, fn, …)`, `({ id, …options }, fn, …)` or `(id, options, fn, …)`. */
function readStepOptions(args: readonly unknown[]): { options: object | null; rest: readonly unknown[] } {
  const [first, second] = args;
  const own = typeof first === "object" ? first : null;
  if (typeof second !== "object" || second === null) return { options: own, rest: args.slice(1) };
  return { options: { ...own, ...second }, rest: args.slice(2) };
}

function withRollback(op: StepOp, options: object, context: StepToolsContext): StepOp {
  const { rollback } = options as { rollback?: unknown };
  if (rollback === undefined) return op;
  if (typeof rollback !== "function") {
    throw new StepUseError("invalid-step-options", `the \`rollback\` of step \`${op.id}\` is not a function`);
  }
  const call = context.within(`${op.id}:rollback`, (...args: unknown[]) => rollback(...args));
  const kind = op.kind === "run" ? "plain" : "transaction";
  return { ...op, rollback: { kind, call, ...(op.retries && { retries: op.retries }) } };
}

const readSleep: ReadOp = ([idOrOptions, time]) => {
  const { id, name } = readId(idOrOptions);
  return { kind: "sleep", id, name, forMs: readDuration(id, time), untilMs: null };
};

const readSleepUntil: ReadOp = ([idOrOptions, time], { now }) => {
  const { id, name } = readId(idOrOptions);
  const untilMs = readMoment(time);
  if (untilMs === null) throw new StepUseError("invalid-step-options", `step \`${id}\`: this is not a date`);
  checkWait(id, untilMs - now());
  return { kind: "sleep", id, name, forMs: null, untilMs };
};

const readWait: ReadOp = ([idOrOptions, options], { now }) => {
  const { id, name } = readId(idOrOptions);
  const given = readOptions(id, options);
  const event = readEventName(given["event"]);
  if (event === null) throw new StepUseError("invalid-step-options", `step \`${id}\` names no \`event\``);
  const condition = readCondition(id, given);
  const timeoutMs = readTimeout(id, given["timeout"], now());
  if (timeoutMs === null) throw new StepUseError("invalid-step-options", `step \`${id}\` has no \`timeout\``);
  const { lookback } = given;
  const lookbackMs = lookback === undefined || lookback === null ? null : readDuration(id, lookback);
  return { kind: "waitForEvent", id, name, event, condition, timeoutMs, lookbackMs };
};

const readInvoke: ReadOp = ([idOrOptions, options], { now, appId, call }) => {
  const { id, name } = readId(idOrOptions);
  const given = readOptions(id, options);
  const functionId = readTarget(given["function"], appId);
  if (functionId === null) throw new StepUseError("invalid-step-options", `step \`${id}\` names no \`function\``);
  const timeoutMs = readTimeout(id, given["timeout"], now());
  const cancelChildren = given["cancelChildren"] === true;
  const meta = inheritSessions(given["meta"], sessionsToPropagate(call.definition.client, call.events));
  return { kind: "invoke", id, name, functionId, data: given["data"] ?? {}, meta, timeoutMs, cancelChildren };
};

const readSend: ReadOp = ([idOrOptions, payload], { call }) => {
  const { id, name } = readId(idOrOptions);
  const sessions = sessionsToPropagate(call.definition.client, call.events);
  const events = sendInSessions(Array.isArray(payload) ? payload : [payload], sessions);
  return { kind: "sendEvent", id, name, events, through: null };
};
