import { formatDuration, parseDuration } from "../../../../runtime/manifest/duration.js";
import { spanAt } from "../../2-model/folded.js";
import type { AppModel, FunctionModel } from "../../2-model/model.js";
import { readFunctionConfig } from "../config-problems.js";
import { type Finding, labelSpan } from "../rule.js";
import { listSteps, type PlacedStep } from "../visit-steps.js";

/**
 * `timeouts.finish` cancels the run, and the sleeps of constant length on its way add up to more than that. Sleeps in
 * a branch, a loop or beside others are not counted: there are runs without them.
 */
export function findTimeoutsBeforeSleep(model: AppModel): Finding[] {
  return model.functions.flatMap((fn): Finding[] => {
    const limit = readFunctionConfig(fn).config.timeouts.finishMs;
    if (limit === undefined || !fn.handler) return [];
    let slept = 0;
    for (const step of listSteps(fn.handler.steps)) {
      const length = readSleep(step);
      if (length === null) continue;
      slept += length;
      if (slept >= limit) return [describe(fn, limit, slept, step)];
    }
    return [];
  });
}

function readSleep({ site, ancestors }: PlacedStep): number | null {
  if (site.tool !== "sleep" || site.awaited !== "yes" || !site.options) return null;
  if (ancestors.some(({ group }) => group.kind !== "sequence")) return null;
  const { value } = site.options;
  if (typeof value !== "string" && typeof value !== "number") return null;
  const parsed = parseDuration(value);
  return parsed.ok ? parsed.value : null;
}

function describe(fn: FunctionModel, limit: number, slept: number, { site }: PlacedStep): Finding {
  return {
    message: `the run is cancelled after ${formatDuration(limit)}, before it wakes: it sleeps for ${formatDuration(slept)}`,
    span: spanAt(fn.config, ["timeouts", "finish"]),
    related: [labelSpan(site.span, "it is cancelled in this sleep")],
    help: "write a longer `finish`; the time that a run sleeps counts",
    through: fn.through,
    waivedAt: [site.span],
  };
}
