/** Reads the arguments of step tools. @throws StepUseError `invalid-step-id`, `invalid-step-options` */
import { isFunctionDefinition } from "../define/function-definition.js";
import { isFunctionReference } from "../define/function-reference.js";
import { durations, parseDuration } from "../manifest/duration.js";
import { parseIsoMoment } from "../manifest/moment.js";
import { normalizeRetries } from "../manifest/function-config.js";
import type { Retries } from "../manifest/manifest.js";
import { StepUseError } from "./step-errors.js";
import type { StepOp } from "./step-op.js";

/** A step waits no longer than this. */
const longestWaitMs = 366 * durations.day;

export function readId(given: unknown): { id: string; name: string | null } {
  if (typeof given === "string" && given !== "") return { id: given, name: null };
  if (typeof given === "object" && given !== null) {
    const { id, name } = given as { id?: unknown; name?: unknown };
    if (typeof id === "string" && id !== "") return { id, name: typeof name === "string" ? name : null };
  }
  throw new StepUseError("invalid-step-id", "a step has no id");
}

/** `retries` and `timeout` of a step that executes code. */
export function readAttemptOptions(
  id: string,
  options: object,
): { retries?: Retries; timeoutMs?: number; limit?: NonNullable<StepOp["limit"]> } {
  const { retries, timeout } = options as { retries?: unknown; timeout?: unknown };
  const timeoutMs = timeout === undefined || timeout === null ? undefined : readDuration(id, timeout);
  if (timeoutMs === 0) {
    throw new StepUseError("invalid-step-options", `step \`${id}\`: its \`timeout\` is 0`, "give 1 ms or more");
  }
  const limited = readLimit(id, options);
  const bounds = { ...(timeoutMs !== undefined && { timeoutMs }), ...(limited && { limit: limited }) };
  if (retries === undefined || retries === null) return bounds;
  const normalized = normalizeRetries(retries);
  const [problem] = normalized.problems;
  if (problem) {
    const where = problem.path.join(".");
    throw new StepUseError("invalid-step-options", `step \`${id}\`: \`${where}\`: ${problem.message}`, problem.help);
  }
  return { ...bounds, retries: normalized.retries };
}

function readLimit(id: string, options: object): StepOp["limit"] {
  const { limit } = options as { limit?: unknown };
  if (limit === undefined || limit === null) return undefined;
  const { key, concurrency } = readOptions(id, limit);
  const isKey = key === undefined || key === null || (typeof key === "string" && key !== "");
  if (isKey && typeof concurrency === "number" && Number.isInteger(concurrency) && concurrency >= 1) {
    return { key: typeof key === "string" ? key : null, concurrency };
  }
  const help = 'write `limit: { key: "database", concurrency: 5 }`, the key as text and a whole number from 1';
  throw new StepUseError("invalid-step-options", `step \`${id}\`: its \`limit\` is not valid`, help);
}

export function readOptions(id: string, options: unknown): Readonly<Record<string, unknown>> {
  if (typeof options === "object" && options !== null) return options as Record<string, unknown>;
  throw new StepUseError("invalid-step-options", `step \`${id}\` has no options`);
}

export function readDuration(id: string, value: unknown): number {
  const parsed = parseDuration(value);
  if (!parsed.ok) throw new StepUseError("invalid-step-options", `step \`${id}\`: ${parsed.message}`, parsed.help);
  checkWait(id, parsed.value);
  return parsed.value;
}

export function checkWait(id: string, ms: number): void {
  if (ms <= longestWaitMs) return;
  throw new StepUseError(
    "invalid-step-options",
    `step \`${id}\` waits longer than 366 days`,
    "wait in several steps, or let an event continue",
  );
}

/** A date, an ISO 8601 text or a Temporal point in time, in ms; null when it is none. */
export function readMoment(value: unknown): number | null {
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
export function readTimeout(id: string, value: unknown, now: number): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "string") {
    const moment = readMoment(value);
    if (moment !== null) return Math.max(0, moment - now);
  }
  const moment = typeof value === "string" ? parseIsoMoment(value) : null;
  return moment === null ? readDuration(id, value) : Math.max(0, moment - now);
}

/** A name, or an `eventType`, which bears its name as `event` or `name`. */
export function readEventName(value: unknown): string | null {
  if (typeof value === "string" && value !== "") return value;
  if (typeof value !== "object" || value === null) return null;
  const { event, name } = value as { event?: unknown; name?: unknown };
  if (typeof event === "string") return event;
  return typeof name === "string" ? name : null;
}

export function readCondition(id: string, given: Readonly<Record<string, unknown>>): string | null {
  const match = readExpression(id, given, "match");
  const condition = readExpression(id, given, "if");
  if (match !== null && condition !== null) {
    throw new StepUseError("invalid-step-options", `step \`${id}\` has both \`match\` and \`if\``, "keep one of them");
  }
  return match === null ? condition : `event.${match} == async.${match}`;
}

/** One that is not text is refused: left out, it would let every event end the wait. */
function readExpression(id: string, given: Readonly<Record<string, unknown>>, field: "match" | "if"): string | null {
  const source = given[field];
  if (source === undefined || source === null) return null;
  if (typeof source === "string") return source;
  const example = field === "match" ? 'match: "data.orderId"' : 'if: "async.data.total > 100"';
  const help = `write it as text, such as \`${example}\``;
  throw new StepUseError("invalid-step-options", `step \`${id}\`: its \`${field}\` is not text`, help);
}

export function readTarget(value: unknown, appId: string): string | null {
  if (typeof value === "string" && value !== "") return value;
  if (isFunctionReference(value)) return `${value.opts.appId ?? appId}-${value.opts.functionId}`;
  if (isFunctionDefinition(value)) return `${value.client.id}-${value.id}`;
  return null;
}
