/** Cron schedules: five fields, an alias, and the zone they are read in. */
import { CronExpressionParser } from "cron-parser";
import { describeCronReason } from "./cron-reason.js";
import { durations, parseDuration, type Parsed } from "./duration.js";

/** A schedule as the manifest holds it. */
export type Cron = {
  /** Five fields separated by one space; aliases are resolved. */
  readonly expression: string;
  /** IANA name; null means UTC. */
  readonly timezone: string | null;
};

const aliases: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

const problem = (message: string, help: string): Parsed<Cron> => ({ ok: false, message, help });

/** A tick that no calendar has (30 February) is searched for no longer than this. */
const anyMoment = Date.UTC(2026, 0, 1);

/**
 * Reads `[TZ=Area/City ]<five fields>` or an alias such as `@hourly`. Never throws.
 *
 * @example parseCron("TZ=Europe/Berlin 0 9 * * 1-5")
 */
export function parseCron(source: unknown): Parsed<Cron> {
  if (typeof source !== "string") return problem("a cron schedule is text", 'write five fields, such as `"0 9 * * *"`');
  const { zone, schedule } = splitZone(source);
  if (zone !== null && !isTimeZone(zone)) {
    return problem(`\`${zone}\` is not a time zone`, "use a name of the IANA database, such as `Europe/Berlin`");
  }
  const fields = resolveAlias(schedule);
  if (!fields.ok) return fields;
  const count = fields.value.split(" ").length;
  if (count !== 5) return wrongFieldCount(fields.value, count);
  if (/(^|[\s,])H/i.test(fields.value)) {
    return problem("`H` gives another time in every process", "write the minute and the hour as numbers");
  }
  const cron: Cron = { expression: fields.value, timezone: zone };
  try {
    nextTick(cron, anyMoment);
    return { ok: true, value: cron };
  } catch (error) {
    const reason = describeCronReason(error instanceof Error ? error.message : String(error));
    return problem(`\`${fields.value}\` is not a cron schedule: ${reason}`, fieldHelp);
  }
}

const fieldHelp = "the fields are minute (0-59), hour (0-23), day of month (1-31), month (1-12), day of week (0-7)";

function splitZone(source: string): { zone: string | null; schedule: string } {
  const match = /^\s*(?:CRON_)?TZ=(\S*)\s*(.*)$/s.exec(source);
  const schedule = (match?.[2] ?? source).trim().replace(/\s+/g, " ");
  return { zone: match ? (match[1] ?? "") : null, schedule };
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function resolveAlias(schedule: string): Parsed<string> {
  if (!schedule.startsWith("@")) return { ok: true, value: schedule };
  const [word = "", ...rest] = schedule.toLowerCase().split(" ");
  const fields = rest.length === 0 ? aliases.get(word) : undefined;
  if (fields !== undefined) return { ok: true, value: fields };
  if (word === "@every") return resolveEvery(rest.join(" "));
  return {
    ok: false,
    message: `\`${schedule}\` is not a schedule`,
    help: `the aliases are ${[...aliases.keys()].map((alias) => `\`${alias}\``).join(", ")}`,
  };
}

/** `@every 15m` counts from an unknown start, so only lengths that divide an hour or a day have a fixed meaning. */
function resolveEvery(text: string): Parsed<string> {
  const length = parseDuration(text);
  if (length.ok && length.value > 0) {
    const minutes = length.value / durations.minute;
    const hours = length.value / durations.hour;
    if (minutes < 60 && 60 % minutes === 0) return { ok: true, value: `*/${minutes} * * * *` };
    if (hours <= 24 && 24 % hours === 0) return { ok: true, value: hours === 24 ? "0 0 * * *" : `0 */${hours} * * *` };
  }
  return {
    ok: false,
    message: `\`@every ${text}\` has no fixed ticks`,
    help: "write five fields; `@every` takes minutes that divide an hour, or hours that divide a day",
  };
}

function wrongFieldCount(schedule: string, count: number): Parsed<Cron> {
  if (schedule === "") return problem("the cron schedule is empty", 'write five fields, such as `"0 9 * * *"`');
  if (count === 6) {
    return problem(
      `\`${schedule}\` has six fields; a schedule has no seconds`,
      "leave the first field out: the shortest period is a minute",
    );
  }
  return problem(`\`${schedule}\` has ${count} field${count === 1 ? "" : "s"} instead of five`, fieldHelp);
}

/** The offset of a zone from UTC in ms, at a moment in ms since 1970. */
export function offsetAt(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  }).formatToParts(at);
  const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value ?? 0);
  const local = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"));
  return local - Math.floor(at / durations.minute) * durations.minute;
}

/** Long enough to begin before a change of the clock, whatever its size. */
const aroundClockChange = 4 * durations.hour;

const ticksFrom = (cron: Cron, at: number) =>
  CronExpressionParser.parse(cron.expression, { tz: cron.timezone ?? "UTC", currentDate: new Date(at) });

/**
 * The first tick after a moment, both in ms since 1970. A time that the clock skips in spring ticks an hour later; a
 * time that it shows twice in autumn ticks once when the hour is fixed, and twice when it is `*`.
 *
 * @throws when the schedule never ticks; `parseCron` refuses such a schedule.
 */
export function nextTick(cron: Cron, after: number): number {
  // The parser tells the first from the second 01:30 of an autumn night only when it walked through both.
  const zone = cron.timezone;
  const nearChange = zone !== null && offsetAt(zone, after - aroundClockChange) !== offsetAt(zone, after);
  const ticks = ticksFrom(cron, nearChange ? after - aroundClockChange : after);
  let tick = ticks.next().getTime();
  while (tick <= after) tick = ticks.next().getTime();
  return tick;
}

/**
 * The last tick at or before a moment, both in ms since 1970.
 *
 * @throws when the schedule never ticked.
 */
export function previousTick(cron: Cron, at: number): number {
  // `prev` is exclusive, and does not agree with `next` about the nights on which the clock changes.
  const back = ticksFrom(cron, at + 1);
  if (cron.timezone === null) return back.prev().getTime();
  let found = nextTick(cron, back.prev().getTime() - aroundClockChange);
  if (found > at) found = nextTick(cron, back.prev().getTime() - aroundClockChange);
  for (let tick = found; tick <= at; tick = nextTick(cron, tick)) found = tick;
  return found;
}
