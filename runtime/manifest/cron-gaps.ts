/** Which ticks of a schedule fall into the hour that a zone's clock skips in spring. */
import { type Cron, nextTick, offsetAt } from "./cron.js";
import { durations } from "./duration.js";

export interface SkippedTick {
  /** `2026-03-29`, in the zone. */
  readonly day: string;
  /** `02:30`, in the zone. */
  readonly time: string;
  /** When it ticks instead, in ms since 1970. */
  readonly tick: number;
}

/** Every zone that changes its clock does so within this. */
const searched = 366 * durations.day;

/**
 * The first tick within a year of `now` whose time the zone's clock skips; null when there is none. Schedules of every
 * hour, or every second hour, lose nothing by a change of the clock and have none.
 *
 * @param now in ms since 1970
 */
export function findSkippedTick(cron: Cron, now: number): SkippedTick | null {
  const zone = cron.timezone;
  if (zone === null || cron.expression.split(" ")[1]?.startsWith("*")) return null;
  for (let day = now; day < now + searched; day += durations.day) {
    const [before, after] = [offsetAt(zone, day), offsetAt(zone, day + durations.day)];
    if (after <= before) continue;
    const change = findChange(zone, day, day + durations.day, before);
    // The schedule read as if the zone had no changes, from the moment that its clock leaves out.
    const local = nextTick({ ...cron, timezone: null }, change + before - 1);
    if (local >= change + after) continue;
    const [date = "", time = ""] = new Date(local).toISOString().split("T");
    return { day: date, time: time.slice(0, 5), tick: nextTick(cron, change - 1) };
  }
  return null;
}

/** The minute from which on the offset is no longer `before`. */
function findChange(zone: string, from: number, to: number, before: number): number {
  let low = Math.floor(from / durations.minute);
  let high = Math.ceil(to / durations.minute);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(zone, middle * durations.minute) === before) low = middle;
    else high = middle;
  }
  return high * durations.minute;
}

/**
 * The first `count` ticks after `now`, in ms since 1970.
 *
 * @throws when the schedule never ticks; `parseCron` refuses such a schedule.
 */
export function listNextTicks(cron: Cron, now: number, count: number): number[] {
  const ticks: number[] = [];
  while (ticks.length < count) ticks.push(nextTick(cron, ticks.at(-1) ?? now));
  return ticks;
}
