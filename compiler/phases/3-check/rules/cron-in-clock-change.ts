import { findSkippedTick, listNextTicks } from "../../../../runtime/manifest/cron-gaps.js";
import { spanAt } from "../../2-model/folded.js";
import type { AppModel } from "../../2-model/model.js";
import { type Finding, type Rule } from "../rule.js";
import { readSchedules } from "../schedules.js";

/** A time that a zone's clock skips in spring: that tick comes an hour later, beside others or after them. */
export const findCronsInClockChange: Rule = (model: AppModel, now: number): Finding[] =>
  model.functions.flatMap((fn) =>
    readSchedules(fn).flatMap(({ source, cron, trigger }): Finding[] => {
      const skipped = findSkippedTick(cron, now);
      if (!skipped) return [];
      const next = listNextTicks(cron, now, 5).map(printMoment).join(", ");
      return [
        {
          message: `\`${source}\` names a time that does not exist on ${skipped.day}: the clock skips ${skipped.time}`,
          span: spanAt(trigger.value, ["cron"]),
          label: `ticks at ${printMoment(skipped.tick)} on that day`,
          help: `choose an hour that the clock never skips, or UTC; the next five times are ${next}`,
          through: fn.through,
        },
      ];
    }),
  );

const printMoment = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`;
