import type { EventEntry, FunctionEntry, StepNode } from "../../../runtime/manifest/manifest.js";
import type { AppModel, EventModel, SendSite } from "../2-model/model.js";
import { copyExport } from "./function-entry.js";
import { compareLocations, locate } from "./location.js";

type Consumer = EventEntry["consumers"][number];
type Sender = EventEntry["senders"][number];

/** Events of this prefix belong to the platform: no application declares or sends them. */
const isSystemEvent = (name: string): boolean => name.startsWith("inngest/");

/** Every event that is declared, sent or waited for, by name. */
export function makeEventEntries(model: AppModel, functions: readonly FunctionEntry[]): EventEntry[] {
  const consumers = functions.flatMap((entry) => listConsumers(entry));
  const senders = listSenders(model);
  const names = new Set([
    ...model.events.map(({ name }) => name),
    ...senders.map(({ name }) => name),
    ...consumers.map(({ name }) => name).filter((name) => !name.includes("*")),
    ...listOpaqueConsumption(model),
  ]);
  return [...names]
    .filter((name) => name !== "" && !isSystemEvent(name))
    .sort()
    .map((name) => makeEntry(model, name, senders, consumers));
}

function makeEntry(
  model: AppModel,
  name: string,
  senders: readonly { name: string; sender: Sender }[],
  consumers: readonly { name: string; consumer: Consumer }[],
): EventEntry {
  const declaration = findDeclaration(model, name);
  const consumedBy = consumers.filter((each) => matches(each.name, name)).map(({ consumer }) => consumer);
  return {
    name,
    ...(declaration?.schema && { schema: declaration.schema }),
    declared: declaration?.declared ?? "none",
    ...(declaration?.version != null && { version: declaration.version }),
    ...(declaration && { location: locate(declaration.span) }),
    ...(declaration?.declared === "schema" && declaration.export && { export: copyExport(declaration.export) }),
    senders: dropRepeats(senders.filter((each) => each.name === name).map(({ sender }) => sender)).sort((left, right) =>
      compareLocations(left.location, right.location),
    ),
    consumers: dropRepeats(consumedBy).sort((left, right) => (consumerKey(left) < consumerKey(right) ? -1 : 1)),
  };
}

const worth = { schema: 2, type: 1, none: 0 } as const;

/** Of several declarations, the one that says most; the first of equals. */
function findDeclaration(model: AppModel, name: string): EventModel | undefined {
  const found = model.events.filter((event) => event.name === name);
  return found.reduce<EventModel | undefined>(
    (best, event) => (best && worth[best.declared] >= worth[event.declared] ? best : event),
    undefined,
  );
}

/** `order/*` and `*` stand for every name that begins so. */
const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

const consumerKey = (consumer: Consumer): string => `${consumer.function} ${consumer.as}`;

function dropRepeats<Item>(items: readonly Item[]): Item[] {
  const seen = new Map(items.map((item) => [JSON.stringify(item), item]));
  return [...seen.values()];
}

function listSenders(model: AppModel): { name: string; sender: Sender }[] {
  return model.sends.flatMap((send) => {
    const id = send.function === null ? null : (model.functions[send.function]?.id ?? null);
    const sender: Sender = { ...(id !== null && { function: id }), location: locate(send.span) };
    return namesOf(send).map((name) => ({ name, sender }));
  });
}

const namesOf = (send: SendSite): readonly string[] => (send.name === null ? send.candidates : [send.name]);

function listConsumers(entry: FunctionEntry): { name: string; consumer: Consumer }[] {
  const consumer = (name: string, as: Consumer["as"]) => ({ name, consumer: { function: entry.id, as } });
  return [
    ...entry.triggers.flatMap((trigger) => (trigger.kind === "event" ? [consumer(trigger.event, "trigger")] : [])),
    ...listWaits(entry.steps).map((name) => consumer(name, "wait")),
    ...entry.config.cancelOn.map(({ event }) => consumer(event, "cancel")),
  ];
}

/** What starts functions without a known id: they are no consumers by name, but somebody will send it. */
function listOpaqueConsumption(model: AppModel): string[] {
  return model.functions
    .filter(({ id }) => id === null)
    .flatMap(({ triggers }) => triggers ?? [])
    .flatMap((trigger) => (trigger.kind === "event" && trigger.event !== null ? [trigger.event] : []))
    .filter((name) => !name.includes("*"));
}

function listWaits(steps: readonly StepNode[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind !== "step") return listWaits(step.children);
    return step.tool === "waitForEvent" ? (step.targets ?? []) : [];
  });
}
