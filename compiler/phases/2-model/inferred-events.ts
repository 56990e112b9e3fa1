import type { AppModel, SendSite } from "./model.js";
import type { ObjectShape, PropertyShape, Shape } from "./shape.js";

/** What all places that send an event without a schema give it as data. */
export interface InferredEvent {
  readonly name: string;
  /** Fields that not every sender gives are optional. */
  readonly shape: ObjectShape;
  readonly senders: readonly SendSite[];
  /** Every sender writes its data out, and no sender in the program may be one of this event unseen: there are no other fields. */
  readonly complete: boolean;
}

const known = new WeakMap<AppModel, ReadonlyMap<string, InferredEvent>>();

/** By name; without those of which one sender's data is not known. */
export function inferEvents(model: AppModel): ReadonlyMap<string, InferredEvent> {
  let inferred = known.get(model);
  if (!inferred) known.set(model, (inferred = inferAll(model)));
  return inferred;
}

function inferAll(model: AppModel): Map<string, InferredEvent> {
  const declared = new Set(model.events.filter(({ declared }) => declared !== "none").map(({ name }) => name));
  const senders = new Map<string, SendSite[]>();
  // An event whose name is not known may be any of them.
  const namesKnown = model.sends.every(({ name, candidates }) => name !== null || candidates.length > 0);
  for (const send of model.sends) {
    for (const name of send.name === null ? send.candidates : [send.name]) {
      if (declared.has(name)) continue;
      const group = senders.get(name);
      if (group) group.push(send);
      else senders.set(name, [send]);
    }
  }
  const inferred = new Map<string, InferredEvent>();
  for (const [name, sites] of senders) {
    const shapes = sites.map(({ data }) => (data?.shape.kind === "object" && !data.shape.values ? data.shape : null));
    const [first, ...others] = shapes;
    if (!first || shapes.includes(null)) continue;
    const shape = others.reduce<ObjectShape>(
      (all, each) => (each ? joinObjects(all, widenObject(each)) : all),
      widenObject(first),
    );
    const complete = namesKnown && shapes.every((each) => each?.rest === "closed");
    inferred.set(name, { name, shape, senders: sites, complete });
  }
  return inferred;
}

/** A literal stands for its type: the next event has another one. */
function widen(shape: Shape): Shape {
  switch (shape.kind) {
    case "literal":
      return typeof shape.value === "string"
        ? { kind: "string" }
        : { kind: typeof shape.value === "number" ? "number" : "boolean" };
    case "string":
      return { kind: "string" };
    case "number":
      return { kind: "number" };
    case "object":
      return widenObject(shape);
    case "array":
      return { kind: "array", element: widen(shape.element) };
    case "tuple":
      return { kind: "array", element: unite([...shape.elements, ...(shape.rest ? [shape.rest] : [])].map(widen)) };
    case "union":
      return unite(shape.members.map(widen));
    case "special":
      return shape.json ?? { kind: "unknown" };
    default:
      return shape;
  }
}

function widenObject(shape: ObjectShape): ObjectShape {
  const properties = shape.properties.map((property) => ({ ...property, shape: widen(property.shape) }));
  return { kind: "object", properties, rest: "open", ...(shape.values && { values: widen(shape.values) }) };
}

function joinObjects(left: ObjectShape, right: ObjectShape): ObjectShape {
  const names = new Set([...left.properties, ...right.properties].map(({ name }) => name));
  const properties = [...names].map((name): PropertyShape => {
    const one = left.properties.find((property) => property.name === name);
    const other = right.properties.find((property) => property.name === name);
    const shape = unite([one, other].flatMap((property) => (property ? [property.shape] : [])));
    return { name, shape, optional: !one || !other || one.optional || other.optional };
  });
  return { kind: "object", properties, rest: "open" };
}

/** Equal ones once, objects as one object, and what is not known swallows the rest. */
function unite(shapes: readonly Shape[]): Shape {
  const members = new Map<string, Shape>();
  let object: ObjectShape | null = null;
  for (const shape of shapes.flatMap((each) => (each.kind === "union" ? each.members : [each]))) {
    if (shape.kind === "unknown") return shape;
    if (shape.kind === "object" && !shape.values) object = object ? joinObjects(object, shape) : shape;
    else members.set(JSON.stringify(shape), shape);
  }
  const all = object ? [object, ...members.values()] : [...members.values()];
  const [only, ...others] = all;
  if (!only) return { kind: "unknown" };
  return others.length === 0 ? only : { kind: "union", members: all };
}
