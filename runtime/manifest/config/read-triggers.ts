/** What starts a function: events, schedules, and calls by other functions. */
import { parseCron } from "../cron.js";
import { durations } from "../duration.js";
import type { Trigger } from "../manifest.js";
import { unknownValue, type ConfigPath } from "./config-problem.js";
import { quoteValue, type ConfigReader } from "./config-reader.js";
import { checkEventName, checkWildcard, readEventName } from "./read-event-name.js";

const mostTriggers = 10;
const jitterRange = { least: durations.second, most: 5 * durations.minute };
const help = 'write `{ event: "order/placed" }` or `{ cron: "0 9 * * *" }`';

/** The event under which `step.invoke` reaches a function. */
const invokedEvent = "inngest/function.invoked";

export function readTriggers(reader: ConfigReader, triggers: readonly unknown[], path: ConfigPath): Trigger[] {
  if (triggers.length > mostTriggers) {
    const message = `${triggers.length} triggers are given; a function has at most ${mostTriggers}`;
    reader.invalid(path, message, "use a wildcard such as `order/*`, or split the function");
  }
  return triggers.slice(0, mostTriggers).flatMap((trigger, index) => readTrigger(reader, trigger, [...path, index]));
}

function readTrigger(reader: ConfigReader, value: unknown, path: ConfigPath): Trigger[] {
  if (value === unknownValue) return [];
  const fields = reader.readFields(value ?? null, path, help);
  if (!fields) return [];
  const [event, cron] = [reader.field(fields, "event"), reader.field(fields, "cron")];
  if (event !== undefined && cron !== undefined) {
    reader.invalid(path, "a trigger has both `event` and `cron`", "write two triggers");
    return [];
  }
  if (cron !== undefined) return readCron(reader, fields, cron, path);
  if (event !== undefined) return readEvent(reader, fields, event, path);
  reader.invalid(path, "a trigger has neither `event` nor `cron`", help);
  return [];
}

type Fields = Readonly<Record<string, unknown>>;

function readEvent(reader: ConfigReader, fields: Fields, value: unknown, path: ConfigPath): Trigger[] {
  const event = readEventName(reader, value, [...path, "event"], "the trigger has no `event`");
  if (event !== undefined) {
    checkWildcard(reader, event, [...path, "event"]);
    checkEventName(reader, event, [...path, "event"]);
  }
  const rawIf = reader.field(fields, "if");
  const condition = reader.readExpression(rawIf, [...path, "if"], { async: false });
  if (event === undefined || rawIf === unknownValue) return [];
  if (event === invokedEvent) return [{ kind: "invoke" }];
  return [{ kind: "event", event, ...(condition && { if: condition }) }];
}

function readCron(reader: ConfigReader, fields: Fields, source: unknown, path: ConfigPath): Trigger[] {
  const rawJitter = reader.field(fields, "jitter");
  const jitterMs = reader.readDuration(rawJitter, [...path, "jitter"], jitterRange) ?? 0;
  const rawCatchup = reader.field(fields, "catchup");
  const catchup = reader.readChoice(rawCatchup, [...path, "catchup"], ["last", "none", "all"]) ?? "last";
  if (source === unknownValue) return [];
  const parsed = parseCron(source);
  if (!parsed.ok) {
    const message = typeof source === "string" ? parsed.message : `${quoteValue(source)} is not a cron schedule`;
    reader.report({ code: "invalid-cron", path: [...path, "cron"], message, help: parsed.help });
    return [];
  }
  if (rawJitter === unknownValue || rawCatchup === unknownValue) return [];
  return [{ kind: "cron", source: String(source), ...parsed.value, jitterMs, catchup }];
}
