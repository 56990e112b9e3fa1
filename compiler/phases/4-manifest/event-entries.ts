import type { EventEntry, FunctionEntry, StepNode } from "../../../runtime/manifest/manifest.js";
import { inferEvents, type InferredEvent } from "../2-model/inferred-events.js";
import { toJsonSchema } from "../2-model/json-schema.js";
import type { AppModel, EventModel, SendSite } from "../2-model/model.js";
import { copyExport } from "./function-entry.js";
import { compareLocations, locate } from "./location.js";

type Consumer = EventEntry["consumers"][number];
type Sender = EventEntry["senders"][number];

/** Events of this prefix belong to the platform: no application declares or sends them. */
const isSystemEvent = (name: string): boolean => name.startsWith("inngest/");

/** What the entries are made of, by the name of the event; searched anew for each of 200 it was most of their time. */
interface EventIndex {
  /** Of several declarations of one name, the one that says most; the first of equals. */
  readonly declarations: ReadonlyMap<string, EventModel>;
  readonly inferred: ReadonlyMap<string, InferredEvent>;
  readonly senders: ReadonlyMap<string, readonly Sender[]>;
  readonly consumers: ReadonlyMap<string, readonly Consumer[]>;
  /** The consumers of patterns (`order/*`, `*`), by what comes before the star. */
  readonly consumersOfPrefix: ReadonlyMap<string, readonly Consumer[]>;
}

/** Every event that is declared, sent or waited for, by name. */
export function makeEventEntries(model: AppModel, functions: readonly FunctionEntry[]): EventEntry[] {
  const index = indexEvents(model, functions);
  const names = new Set([
    ...index.declarations.keys(),
    ...index.senders.keys(),
    ...[...index.consumers.keys()].filter((name) => !name.includes("*")),
    ...listOpaqueConsumption(model),
  ]);
  return [...names]
    .filter((name) => name !== "" && !isSystemEvent(name))
    .sort()
    .map((name) => makeEntry(index, name));
}

function makeEntry(index: EventIndex, name: string): EventEntry {
  const declaration = index.declarations.get(name);
  const consumers = [...(index.consumers.get(name) ?? [])];
  for (const [prefix, more] of index.consumersOfPrefix) if (name.startsWith(prefix)) consumers.push(...more);
  const inferred = index.inferred.get(name);
  return {
    name,
    ...(declaration?.schema && { schema: declaration.schema }),
    declared: declaration?.declared ?? "none",
    ...(inferred && { inferred: toJsonSchema(inferred.shape) }),
    ...(declaration?.version != null && { version: declaration.version }),
    ...(declaration && { location: locate(declaration.span) }),
    ...(declaration?.declared === "schema" && declaration.export && { export: copyExport(declaration.export) }),
    senders: dropRepeats(index.senders.get(name) ?? [], senderKey).sort((left, right) =>
      compareLocations(left.location, right.location),
    ),
    consumers: dropRepeats(consumers, consumerKey).sort((left, right) =>
      consumerKey(left) < consumerKey(right) ? -1 : 1,
    ),
  };
}

const worth = { schema: 2, type: 1, none: 0 } as const;

function indexEvents(model: AppModel, functions: readonly FunctionEntry[]): EventIndex {
  const declarations = new Map<string, EventModel>();
  for (const event of model.events) {
    const best = declarations.get(event.name);
    if (!best || worth[best.declared] < worth[event.declared]) declarations.set(event.name, event);
  }
  const senders = new Map<string, Sender[]>();
  for (const { name, sender } of listSenders(model)) addTo(senders, name, sender);
  const consumers = new Map<string, Consumer[]>();
  const consumersOfPrefix = new Map<string, Consumer[]>();
  for (const { name, consumer } of functions.flatMap(listConsumers)) {
    if (name.endsWith("*")) addTo(consumersOfPrefix, name.slice(0, -1), consumer);
    else addTo(consumers, name, consumer);
  }
  return { declarations, inferred: inferEvents(model), senders, consumers, consumersOfPrefix };
}

function addTo<Item>(groups: Map<string, Item[]>, name: string, item: Item): void {
  const group = groups.get(name);
  if (group) group.push(item);
  else groups.set(name, [item]);
}

const consumerKey = (consumer: Consumer): string => `${consumer.function} ${consumer.as}`;

const senderKey = ({ function: owner, location }: Sender): string => JSON.stringify([owner, location]);

function dropRepeats<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return items.length < 2 ? [...items] : [...new Map(items.map((item) => [keyOf(item), item])).values()];
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
