/** The schedules of a function, with the triggers that they are written in. */
import { type Cron, parseCron } from "../../../runtime/manifest/cron.js";
import type { FunctionModel, TriggerModel } from "../2-model/model.js";
import { readMember } from "./read-member.js";

export interface Schedule {
  readonly source: string;
  readonly cron: Cron;
  readonly trigger: TriggerModel;
}

/** Those that are known and right. */
export function readSchedules(fn: FunctionModel): Schedule[] {
  return (fn.triggers ?? []).flatMap((trigger): Schedule[] => {
    const source = trigger.kind === "cron" ? readMember(trigger.value.value, "cron") : undefined;
    if (typeof source !== "string") return [];
    const parsed = parseCron(source);
    return parsed.ok ? [{ source, cron: parsed.value, trigger }] : [];
  });
}
