/** The shapes of whole events (`name`, `data`, …), as expressions and handlers see them. */
import type { AppModel, FunctionModel } from "../2-model/model.js";
import type { PropertyShape, Shape } from "../2-model/shape.js";

export interface EventShapes {
  /** Null and names that are not declared give an event of unknown data. */
  readonly ofName: (name: string | null, client: number | null) => Shape;
  /** Of what may start a run of the function. */
  readonly ofFunction: (fn: FunctionModel) => Shape;
}

const unknown: Shape = { kind: "unknown" };

interface KnownShapes {
  readonly clients: AppModel["clients"];
  readonly shapes: EventShapes;
}

const known = new WeakMap<AppModel["events"], KnownShapes>();

/** The same object as long as neither events nor clients change: what was found with it is still true. */
export function eventShapesOf({ events, clients }: AppModel): EventShapes {
  const before = known.get(events);
  if (before?.clients === clients) return before.shapes;
  const shapes = makeEventShapes(events, clients);
  known.set(events, { clients, shapes });
  return shapes;
}

function makeEventShapes(events: AppModel["events"], clients: AppModel["clients"]): EventShapes {
  const declared = new Map<string, Shape[]>();
  for (const { name, shape } of events) {
    const event = eventOf(name, shape ?? unknown);
    const others = declared.get(name);
    if (others) others.push(event);
    else declared.set(name, [event]);
  }
  const ofName = (name: string | null, client: number | null): Shape => {
    if (name === null) return unknown;
    if (!name.endsWith("*")) return unite(declared.get(name) ?? [eventOf(name, unknown)]);
    // Without a closed list a pattern may stand for events that are declared nowhere.
    if (client === null || clients[client]?.events !== "closed") return unknown;
    const matching = [...declared].filter(([each]) => each.startsWith(name.slice(0, -1)));
    return matching.length === 0 ? unknown : unite(matching.flatMap(([, shapes]) => shapes));
  };
  const ofFunction = (fn: FunctionModel): Shape => {
    if (!fn.triggers) return unknown;
    const shapes = fn.triggers.flatMap((trigger): Shape[] => {
      switch (trigger.kind) {
        case "event":
          return [ofName(trigger.event, fn.client)];
        case "invoke":
          return [eventOf("inngest/function.invoked", fn.input ?? unknown)];
        case "cron":
          // A key that reads the data of the other triggers is right, and missing for the schedule.
          return [];
        case "other":
          return [unknown];
      }
    });
    return shapes.length === 0 ? unknown : unite(shapes);
  };
  return { ofName, ofFunction };
}

const unite = (members: readonly Shape[]): Shape =>
  members.length === 1 && members[0] ? members[0] : { kind: "union", members };

function eventOf(name: string, data: Shape): Shape {
  const field = (of: string, shape: Shape, optional = false): PropertyShape => ({ name: of, shape, optional });
  return {
    kind: "object",
    properties: [
      field("name", { kind: "literal", value: name }),
      field("data", data),
      field("id", { kind: "string" }, true),
      field("ts", { kind: "number", integer: true }, true),
      field("user", unknown, true),
      field("v", { kind: "string" }, true),
    ],
    // Only the schema of the data can refuse a field.
    rest: "open",
  };
}
