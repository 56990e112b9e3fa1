/** Every place that names an event: what is sent, and what functions are started by, wait for and are cancelled by. */
import type { AppModel, FunctionModel, Payload } from "../2-model/model.js";
import { spanAt } from "../2-model/folded.js";
import type { Span } from "../2-model/span.js";
import { readMember } from "./read-member.js";
import { handlersOf, listAllSteps } from "./visit-steps.js";

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

export function listEventUses(model: AppModel): readonly EventUse[] {
  let uses = known.get(model);
  if (!uses) {
    const consumed = model.functions.map(listConsumed);
    uses = [
      ...listSends(model),
      ...consumed.flatMap(({ triggersAndCancels }) => triggersAndCancels),
      ...consumed.flatMap(({ waits }) => waits),
    ];
    known.set(model, uses);
  }
  return uses;
}

/** Two rules ask for the same list. */
const known = new WeakMap<AppModel, readonly EventUse[]>();

interface Consumed {
  readonly triggersAndCancels: readonly EventUse[];
  readonly waits: readonly EventUse[];
}

/** A function that an edit does not concern stays the same object. */
const knownConsumed = new WeakMap<FunctionModel, Consumed>();

function listConsumed(fn: FunctionModel): Consumed {
  let consumed = knownConsumed.get(fn);
  if (!consumed) {
    consumed = { triggersAndCancels: listTriggersAndCancels(fn), waits: listWaits(fn) };
    knownConsumed.set(fn, consumed);
  }
  return consumed;
}

function listSends(model: AppModel): EventUse[] {
  return model.sends.flatMap((send) => {
    if (send.name === null) return [];
    // What sends through a client that is not known may have other schemas than the function around it.
    const owner = send.by === "client" || send.function === null ? null : (model.functions[send.function] ?? null);
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

function listWaits(fn: FunctionModel): EventUse[] {
  return handlersOf(fn).flatMap((handler) =>
    listAllSteps(handler.steps).flatMap(({ target }): EventUse[] =>
      target?.kind === "event" && target.name !== null
        ? [{ as: "wait", name: target.name, span: target.span, client: fn.client, data: null }]
        : [],
    ),
  );
}
