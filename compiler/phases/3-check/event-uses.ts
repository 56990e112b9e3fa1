/** Every place that names an event: what is sent, and what functions are started by, wait for and are cancelled by. */
import type { AppModel, FunctionModel, Payload } from "../2-model/model.js";
import { spanAt } from "../2-model/folded.js";
import type { Span } from "../2-model/span.js";
import { readMember } from "./read-member.js";
import { listAllSteps, listHandlers } from "./visit-steps.js";

export interface EventUse {
  readonly as: "send" | "trigger" | "wait" | "cancel";
  /** Constant; places where the name is not known are not listed. */
  readonly name: string;
  readonly span: Span;
  /** Index in `AppModel.clients`; null when it is not known. */
  readonly client: number | null;
  /** Of a send whose data can be seen. */
  readonly data: Payload | null;
}

export function listEventUses(model: AppModel): EventUse[] {
  return [...listSends(model), ...model.functions.flatMap(listTriggersAndCancels), ...listWaits(model)];
}

function listSends(model: AppModel): EventUse[] {
  return model.sends.flatMap((send) => {
    if (send.name === null) return [];
    const owner = send.function === null ? null : (model.functions[send.function] ?? null);
    const client = send.client ?? owner?.client ?? null;
    return [{ as: "send", name: send.name, span: send.nameSpan, client, data: send.data }];
  });
}

function listTriggersAndCancels(fn: FunctionModel): EventUse[] {
  const uses: EventUse[] = [];
  for (const trigger of fn.triggers ?? []) {
    if (trigger.kind !== "event" || trigger.event === null) continue;
    const span = spanAt(trigger.value, ["event"]);
    uses.push({ as: "trigger", name: trigger.event, span, client: fn.client, data: null });
  }
  for (const [index, name] of listCancelNames(fn)) {
    const span = spanAt(fn.config, ["cancelOn", index, "event"]);
    uses.push({ as: "cancel", name, span, client: fn.client, data: null });
  }
  return uses;
}

function listCancelNames(fn: FunctionModel): [number, string][] {
  const cancelOn = readMember(fn.config.value, "cancelOn");
  if (!Array.isArray(cancelOn)) return [];
  return cancelOn.flatMap((entry: unknown, index): [number, string][] => {
    const name = readMember(entry, "event");
    return typeof name === "string" ? [[index, name]] : [];
  });
}

function listWaits(model: AppModel): EventUse[] {
  return listHandlers(model).flatMap(({ owner, handler }) =>
    listAllSteps(handler.steps).flatMap(({ target }): EventUse[] =>
      target?.kind === "event" && target.name !== null
        ? [{ as: "wait", name: target.name, span: target.span, client: owner.client, data: null }]
        : [],
    ),
  );
}
