/** A function's configuration as written → as the manifest holds it, with everything that is wrong in it. */
import type { ConfigProblem } from "./config/config-problem.js";
import { unknownValue } from "./config/config-problem.js";
import { ConfigReader } from "./config/config-reader.js";
import {
  readBatchEvents,
  readConcurrency,
  readDebounce,
  readIdempotency,
  readPriority,
  readRateLimit,
  readSingleton,
  readThrottle,
} from "./config/read-flow-control.js";
import { readCancelOn, readTimeouts } from "./config/read-lifecycle.js";
import { readRetries } from "./config/read-retries.js";
import { readTriggers } from "./config/read-triggers.js";
import type { FunctionConfig, Retries, Trigger } from "./manifest.js";

export { unknownValue };
export type { ConfigProblem };

export interface NormalizedFunction {
  readonly config: FunctionConfig;
  readonly triggers: Trigger[];
  /** In order of reading; the configuration holds what is right, with defaults for the rest. */
  readonly problems: ConfigProblem[];
}

/**
 * Checks and completes a configuration: ranges, defaults, combinations, durations in ms, parsed schedules, lowered
 * expressions. Parts that are `unknownValue` are left out and give no problem. Pure and total: never throws.
 *
 * @param raw the first argument of `createFunction`, as data; what it has beside policies is ignored
 * @param triggers as a list, whichever form they were written in
 */
export function normalizeFunctionConfig(raw: unknown, triggers: readonly unknown[]): NormalizedFunction {
  const reader = new ConfigReader();
  const fields = reader.readFields(raw, [], 'write `{ id: "…" }`') ?? {};
  const read = <Value>(name: string, one: (reader: ConfigReader, value: unknown, path: [string]) => Value): Value =>
    one(reader, reader.field(fields, name), [name]);
  checkId(reader, fields);

  const throttle = read("throttle", readThrottle);
  const rateLimit = read("rateLimit", readRateLimit);
  const debounce = read("debounce", readDebounce);
  const batchEvents = read("batchEvents", readBatchEvents);
  const singleton = read("singleton", readSingleton);
  const priority = read("priority", readPriority);
  const idempotency = read("idempotency", readIdempotency);
  const serialization = read("serialization", (one, value, path) =>
    one.readChoice<"json" | "rich">(value, path, ["json", "rich"]),
  );
  const config: FunctionConfig = {
    retries: read("retries", readRetries),
    concurrency: read("concurrency", readConcurrency),
    ...(throttle && { throttle }),
    ...(rateLimit && { rateLimit }),
    ...(debounce && { debounce }),
    ...(batchEvents && { batchEvents }),
    ...(singleton && { singleton }),
    ...(priority && { priority }),
    ...(idempotency && { idempotency }),
    cancelOn: read("cancelOn", readCancelOn),
    ...(serialization && { serialization }),
    timeouts: read("timeouts", readTimeouts),
  };
  reportConflicts(reader, fields);
  return { config, triggers: readTriggers(reader, triggers, ["triggers"]), problems: reader.problems };
}

/** The `retries` of a single step, in either form. */
export function normalizeRetries(raw: unknown): { retries: Retries; problems: ConfigProblem[] } {
  const reader = new ConfigReader();
  const retries = readRetries(reader, raw, ["retries"]);
  return { retries, problems: reader.problems };
}

type Fields = Readonly<Record<string, unknown>>;

function checkId(reader: ConfigReader, fields: Fields): void {
  const id = reader.field(fields, "id");
  if (id === undefined || id === unknownValue || (typeof id === "string" && id.trim() !== "")) return;
  const message = typeof id === "string" ? "the id of the function is empty" : "the id of the function is not text";
  reader.invalid(["id"], message, 'write a name that stays the same, such as `"process-order"`');
}

/** What a batch cannot be combined with: each of them decides about single events, and a run of a batch has many. */
const againstBatch: readonly (readonly [path: readonly [string, ...string[]], reason: string])[] = [
  [["cancelOn"], "a run of many events has no single event to compare with"],
  [["debounce"], "both collect events before the run starts"],
  [["singleton"], "its key belongs to one event"],
  [["priority"], "its expression belongs to one event"],
  [["rateLimit"], "it would drop events of a batch"],
  [["idempotency"], "its key belongs to one event"],
  [["timeouts", "start"], "a batch has its own `timeout`"],
];

function reportConflicts(reader: ConfigReader, fields: Fields): void {
  const batch = reader.field(fields, "batchEvents");
  if (batch === undefined || batch === unknownValue) return;
  for (const [path, reason] of againstBatch) {
    const value = path.reduce<unknown>((parent, name) => fieldOf(reader, parent, name), fields);
    const isAbsent = value === undefined || value === unknownValue || (Array.isArray(value) && value.length === 0);
    if (isAbsent) continue;
    const message = `\`batchEvents\` and \`${path.join(".")}\` cannot be used together: ${reason}`;
    reader.report({ code: "conflicting-policies", path, message, help: `remove one of the two` });
  }
}

function fieldOf(reader: ConfigReader, value: unknown, name: string): unknown {
  // checked: an object; a list has no field of these names
  return typeof value === "object" && value !== null ? reader.field(value as Fields, name) : undefined;
}
