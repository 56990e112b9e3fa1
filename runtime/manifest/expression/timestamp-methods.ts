/** The parts of timestamps and durations: `getFullYear()`, `getHours("Europe/Berlin")`, … */
import { durations } from "../duration.js";
import { ExpressionError } from "./expression-error.js";
import type { ExpressionFunction } from "./expression-functions.js";
import { ExpressionDuration, textOf, typeNameOf } from "./expression-values.js";

/** A moment moved so that its UTC fields read as the fields of the zone. */
function inZone(moment: Date, zone: unknown): Date {
  if (zone === undefined || zone === "UTC" || zone === "Z") return moment;
  const offset = typeof zone === "string" ? /^([+-]?)(\d\d):(\d\d)$/.exec(zone) : null;
  if (offset) {
    const length = Number(offset[2]) * durations.hour + Number(offset[3]) * durations.minute;
    return new Date(moment.getTime() + (offset[1] === "-" ? -length : length));
  }
  return new Date(localTime(moment, zone));
}

function localTime(moment: Date, zone: unknown): number {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: String(zone),
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }).formatToParts(moment);
    const part = (type: string): number => Number(parts.find((each) => each.type === type)?.value ?? 0);
    const whole = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
    return whole + moment.getUTCMilliseconds();
  } catch {
    throw new ExpressionError(`\`${textOf(zone)}\` is not a time zone`);
  }
}

const dayOfYear = (moment: Date): number =>
  Math.floor((moment.getTime() - Date.UTC(moment.getUTCFullYear(), 0, 1)) / durations.day);

/** `ofDuration` is the length of the unit where durations have the method as well, and count the whole of it. */
const part = (name: string, ofMoment: (moment: Date) => number, ofDuration?: number): [string, ExpressionFunction] => [
  name,
  {
    least: 0,
    most: 1,
    apply: ([value, zone]) => {
      if (value === null || value === undefined) return null;
      if (value instanceof Date) return ofMoment(inZone(value, zone));
      if (value instanceof ExpressionDuration && ofDuration !== undefined) return Math.trunc(value.length / ofDuration);
      throw new ExpressionError(`a ${typeNameOf(value)} has no \`${name}\`; \`date(…)\` makes a timestamp of it`);
    },
  },
];

/** As CEL has them: months, days of the year and days of the month count from 0, `getDate` from 1. */
export const timestampMethods: readonly [string, ExpressionFunction][] = [
  part("getFullYear", (moment) => moment.getUTCFullYear()),
  part("getMonth", (moment) => moment.getUTCMonth()),
  part("getDate", (moment) => moment.getUTCDate()),
  part("getDayOfMonth", (moment) => moment.getUTCDate() - 1),
  part("getDayOfWeek", (moment) => moment.getUTCDay()),
  part("getDayOfYear", dayOfYear),
  part("getHours", (moment) => moment.getUTCHours(), durations.hour),
  part("getMinutes", (moment) => moment.getUTCMinutes(), durations.minute),
  part("getSeconds", (moment) => moment.getUTCSeconds(), durations.second),
  part("getMilliseconds", (moment) => moment.getUTCMilliseconds(), 1),
];
