import { nextTick } from "../../../../runtime/manifest/cron.js";
import { spanAt } from "../../2-model/folded.js";
import type { AppModel, FunctionModel } from "../../2-model/model.js";
import { readSchedules, type Schedule } from "../schedules.js";
import { type Finding, labelSpan, type Rule } from "../rule.js";

/** Two schedules of one function with the same ticks: it runs twice, at the same moment. */
export const findDuplicateCrons: Rule = (model: AppModel, now: number): Finding[] =>
  model.functions.flatMap((fn) => findInFunction(fn, now));

function findInFunction(fn: FunctionModel, now: number): Finding[] {
  const schedules = readSchedules(fn);
  return schedules.flatMap((schedule, index): Finding[] => {
    const earlier = schedules.slice(0, index).find((each) => haveSameTicks(each, schedule, now));
    if (!earlier) return [];
    return [
      {
        message: `\`${schedule.source}\` ticks whenever \`${earlier.source}\` does: the function runs twice each time`,
        span: spanAt(schedule.trigger.value, ["cron"]),
        related: [labelSpan(spanAt(earlier.trigger.value, ["cron"]), "the same times")],
        help: "remove one of the two triggers",
        through: fn.through,
      },
    ];
  });
}

/** Two years hold the changes of the clock of both zones; most schedules part at their first tick. */
const comparedTicks = 750;

function haveSameTicks(left: Schedule, right: Schedule, now: number): boolean {
  if (left.cron.expression === right.cron.expression && left.cron.timezone === right.cron.timezone) return true;
  let at = now;
  for (let count = 0; count < comparedTicks; count++) {
    const tick = nextTick(left.cron, at);
    if (tick !== nextTick(right.cron, at)) return false;
    at = tick;
  }
  return true;
}
