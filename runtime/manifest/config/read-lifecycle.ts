/** What ends a run early: time limits and cancelling events. */
import { compileMatch } from "../expression/compile-expression.js";
import type { Expression, FunctionConfig } from "../manifest.js";
import { unknownValue, type ConfigPath } from "./config-problem.js";
import { longestWait, quoteValue, type ConfigReader } from "./config-reader.js";
import { checkEventName, readEventName } from "./read-event-name.js";

type Cancellation = FunctionConfig["cancelOn"][number];

const anyWait = { least: 1, most: longestWait };
const mostCancellations = 5;

export function readTimeouts(reader: ConfigReader, value: unknown, path: ConfigPath): FunctionConfig["timeouts"] {
  const fields = reader.readFields(value, path, "write `{ start, finish, step }`");
  if (!fields) return {};
  const startMs = reader.readDuration(reader.field(fields, "start"), [...path, "start"], anyWait);
  const finishMs = reader.readDuration(reader.field(fields, "finish"), [...path, "finish"], anyWait);
  const stepMs = reader.readDuration(reader.field(fields, "step"), [...path, "step"], anyWait);
  return {
    ...(startMs !== undefined && { startMs }),
    ...(finishMs !== undefined && { finishMs }),
    ...(stepMs !== undefined && { stepMs }),
  };
}

export function readCancelOn(reader: ConfigReader, value: unknown, path: ConfigPath): Cancellation[] {
  if (value === undefined || value === unknownValue) return [];
  if (!Array.isArray(value)) {
    reader.invalid(
      path,
      `${quoteValue(value)} is not a list`,
      'write `[{ event: "order/cancelled", match: "data.orderId" }]`',
    );
    return [];
  }
  if (value.length > mostCancellations) {
    const message = `${value.length} cancelling events are given; a function has at most ${mostCancellations}`;
    reader.invalid(path, message, "cancel on fewer events, or send one event for all of them");
  }
  return value.slice(0, mostCancellations).flatMap((each, index) => readCancellation(reader, each, [...path, index]));
}

function readCancellation(reader: ConfigReader, value: unknown, path: ConfigPath): Cancellation[] {
  const fields = reader.readFields(value, path, 'write `{ event: "order/cancelled", match: "data.orderId" }`');
  if (!fields) return [];
  const event = readEventName(reader, reader.field(fields, "event"), [...path, "event"], "`cancelOn` has no `event`");
  if (event !== undefined) checkEventName(reader, event, [...path, "event"]);
  const condition = readCondition(reader, fields, path);
  const rawTimeout = reader.field(fields, "timeout");
  const limit = readLimit(reader, rawTimeout, [...path, "timeout"]);
  if (event === undefined || condition === unknownValue || rawTimeout === unknownValue) return [];
  return [{ event, ...(condition && { if: condition }), ...limit }];
}

/** For how long a cancelling event counts: a duration from the run's event on, or a moment. */
function readLimit(reader: ConfigReader, value: unknown, path: ConfigPath): Pick<Cancellation, "timeoutMs" | "until"> {
  if (value instanceof Date) {
    const until = value.getTime();
    if (!Number.isNaN(until)) return { until };
    const help = 'write a duration such as `"2h"`, or a valid `Date`';
    reader.report({ code: "invalid-duration", path, message: "the `Date` is not valid", help });
    return {};
  }
  const timeoutMs = reader.readDuration(value, path, anyWait);
  return timeoutMs === undefined ? {} : { timeoutMs };
}

/** The condition of a cancellation: `if`, or what `match` stands for. */
export function readCondition(
  reader: ConfigReader,
  fields: Readonly<Record<string, unknown>>,
  path: ConfigPath,
): Expression | undefined | typeof unknownValue {
  const [match, condition] = [reader.field(fields, "match"), reader.field(fields, "if")];
  if (match !== undefined && condition !== undefined) {
    const message = "`match` and `if` cannot be used together";
    const help = "write one condition as `if`, such as `event.data.id == async.data.id && async.data.ok`";
    reader.report({ code: "conflicting-policies", path: [...path, "match"], message, help });
  }
  if (match === unknownValue || condition === unknownValue) return unknownValue;
  if (condition !== undefined) return reader.readExpression(condition, [...path, "if"], { async: true });
  if (match === undefined) return undefined;
  const matchPath = [...path, "match"];
  if (typeof match !== "string") {
    return reader.invalid(
      matchPath,
      `${quoteValue(match)} is not a path of fields`,
      'write a path, such as `"data.orderId"`',
    );
  }
  const compiled = compileMatch(match);
  if (compiled.ok) return compiled.value;
  const { message, help } = compiled;
  return reader.report({ code: "invalid-expression", path: matchPath, message, help });
}
