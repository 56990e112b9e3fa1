import { isFunctionDefinition } from "../define/function-definition.js";
import { isFunctionReference } from "../define/function-reference.js";
import type { StepTools } from "../define/step-tools.js";
import { durations, parseDuration } from "../manifest/duration.js";
import { StepUseError } from "./step-errors.js";
import type { StepHost, StepOp } from "./step-op.js";

export interface StepToolsContext {
  readonly host: StepHost;
  readonly appId: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Zero-based. */
  readonly attempt: number;
  /** Makes the body of a step know that it is one. */
  readonly within: (stepId: string, body: () => unknown) => () => unknown;
  /** @throws StepUseError where a step may not be asked for */
  readonly mayAsk: (stepId: string) => void;
}

/** A step waits no longer than this. */
const longestWaitMs = 366 * durations.day;

type Tool = (...args: unknown[]) => Promise<unknown>;
type ReadOp = (args: readonly unknown[], context: StepToolsContext) => StepOp;

/**
 * The `step` of one handler call: checks the arguments and hands the request to the host. Only functions that need no
 * `this`, since handlers take them apart. One is made for each run: what is the same for all is shared.
 */
export function createStepTools(context: StepToolsContext): StepTools<never> & { readonly attempt: number } {
  // The tools' types follow the application's events; at run time they are all the same.
  return new RunTools(context) as unknown as StepTools<never> & { readonly attempt: number };
}

const unsupported = (tool: string) => (): Promise<never> =>
  Promise.reject(new StepUseError("unsupported-step", `\`step.${tool}\` is not available yet`));

/** What needs the run is its own; the rest stands on the prototype, where taking apart finds it, too. */
class RunTools {
  readonly attempt: number;
  readonly run: Tool;
  readonly sleep: Tool;
  readonly sleepUntil: Tool;
  readonly waitForEvent: Tool;
  readonly invoke: Tool;
  readonly sendEvent: Tool;
  declare readonly waitForSignal: Tool;
  declare readonly sendSignal: Tool;
  declare readonly fetch: Tool;
  declare readonly ai: object;
  declare readonly realtime: object;

  constructor(context: StepToolsContext) {
    this.attempt = context.attempt;
    this.run = (...args) => ask(readRun, args, context);
    this.sleep = (...args) => ask(readSleep, args, context);
    this.sleepUntil = (...args) => ask(readSleepUntil, args, context);
    this.waitForEvent = (...args) => ask(readWait, args, context);
    this.invoke = (...args) => ask(readInvoke, args, context);
    this.sendEvent = (...args) => ask(readSend, args, context);
  }
}
Object.assign(RunTools.prototype, {
  waitForSignal: unsupported("waitForSignal"),
  sendSignal: unsupported("sendSignal"),
  fetch: unsupported("fetch"),
  ai: { infer: unsupported("ai.infer"), wrap: unsupported("ai.wrap"), models: {} },
  realtime: { publish: unsupported("realtime.publish") },
});

function ask(read: ReadOp, args: readonly unknown[], context: StepToolsContext): Promise<unknown> {
  try {
    const op = read(args, context);
    context.mayAsk(op.id);
    return context.host.perform(op);
  } catch (error) {
    const rejected = Promise.reject(error instanceof Error ? error : new Error(String(error)));
    // A step that nobody awaits must not end the process.
    rejected.catch(() => {});
    return rejected;
  }
}

const readRun: ReadOp = ([idOrOptions, body, ...input], context) => {
  const { id, name } = readId(idOrOptions);
  if (typeof body !== "function")
    throw new StepUseError("invalid-step-options", `step \`${id}\` has no function to run`);
  const call = input.length > 0 ? () => body(...input) : () => body(new StepBodyContext(context));
  return { kind: "run", id, name, body: context.within(id, call) };
};

/** What the body of `step.run` gets. The signal is made when it is asked for: most bodies never do. */
class StepBodyContext {
  readonly #context: StepToolsContext;
  constructor(context: StepToolsContext) {
    this.#context = context;
  }
  get signal(): AbortSignal {
    return this.#context.signal;
  }
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
  return { kind: "waitForEvent", id, name, event, condition, timeoutMs };
};

const readInvoke: ReadOp = ([idOrOptions, options], { now, appId }) => {
  const { id, name } = readId(idOrOptions);
  const given = readOptions(id, options);
  const functionId = readTarget(given["function"], appId);
  if (functionId === null) throw new StepUseError("invalid-step-options", `step \`${id}\` names no \`function\``);
  const timeoutMs = readTimeout(id, given["timeout"], now());
  return { kind: "invoke", id, name, functionId, data: given["data"] ?? {}, timeoutMs };
};

const readSend: ReadOp = ([idOrOptions, payload]) => {
  const { id, name } = readId(idOrOptions);
  return { kind: "sendEvent", id, name, events: Array.isArray(payload) ? payload : [payload] };
};

function readId(given: unknown): { id: string; name: string | null } {
  if (typeof given === "string" && given !== "") return { id: given, name: null };
  if (typeof given === "object" && given !== null) {
    const { id, name } = given as { id?: unknown; name?: unknown };
    if (typeof id === "string" && id !== "") return { id, name: typeof name === "string" ? name : null };
  }
  throw new StepUseError("invalid-step-id", "a step has no id");
}

function readOptions(id: string, options: unknown): Readonly<Record<string, unknown>> {
  if (typeof options === "object" && options !== null) return options as Record<string, unknown>;
  throw new StepUseError("invalid-step-options", `step \`${id}\` has no options`);
}

function readDuration(id: string, value: unknown): number {
  const parsed = parseDuration(value);
  if (!parsed.ok) throw new StepUseError("invalid-step-options", `step \`${id}\`: ${parsed.message}`, parsed.help);
  checkWait(id, parsed.value);
  return parsed.value;
}

function checkWait(id: string, ms: number): void {
  if (ms <= longestWaitMs) return;
  throw new StepUseError(
    "invalid-step-options",
    `step \`${id}\` waits longer than 366 days`,
    "wait in several steps, or let an event continue",
  );
}

/** A date, an ISO 8601 text or a Temporal point in time, in ms; null when it is none. */
function readMoment(value: unknown): number | null {
  let ms = Number.NaN;
  if (value instanceof Date) ms = value.getTime();
  else if (typeof value === "string") ms = Date.parse(value);
  else if (typeof value === "object" && value !== null) {
    const { epochMilliseconds } = value as { epochMilliseconds?: unknown };
    if (typeof epochMilliseconds === "number") ms = epochMilliseconds;
  }
  return Number.isNaN(ms) ? null : ms;
}

/** A duration, or a point in time as the duration from now; null where there is none. */
function readTimeout(id: string, value: unknown, now: number): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") {
    const moment = readMoment(value);
    if (moment !== null) return Math.max(0, moment - now);
  }
  const parsed = parseDuration(value);
  if (!parsed.ok && typeof value === "string") {
    const moment = readMoment(value);
    if (moment !== null) return Math.max(0, moment - now);
  }
  return readDuration(id, value);
}

/** A name, or an `eventType`, which bears its name as `event` or `name`. */
function readEventName(value: unknown): string | null {
  if (typeof value === "string" && value !== "") return value;
  if (typeof value !== "object" || value === null) return null;
  const { event, name } = value as { event?: unknown; name?: unknown };
  if (typeof event === "string") return event;
  return typeof name === "string" ? name : null;
}

function readCondition(id: string, given: Readonly<Record<string, unknown>>): string | null {
  const { match, if: condition } = given;
  if (match !== undefined && condition !== undefined) {
    throw new StepUseError("invalid-step-options", `step \`${id}\` has both \`match\` and \`if\``, "keep one of them");
  }
  if (typeof match === "string") return `event.${match} == async.${match}`;
  return typeof condition === "string" ? condition : null;
}

function readTarget(value: unknown, appId: string): string | null {
  if (typeof value === "string" && value !== "") return value;
  if (isFunctionReference(value)) return `${value.opts.appId ?? appId}-${value.opts.functionId}`;
  if (isFunctionDefinition(value)) return `${value.client.id}-${value.id}`;
  return null;
}
