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

export function makeEventShapes(model: AppModel): EventShapes {
  const ofName = (name: string | null, client: number | null): Shape => {
    if (name === null) return unknown;
    const isPattern = name.endsWith("*");
    // Without a closed list a pattern may stand for events that are declared nowhere.
    if (isPattern && (client === null || model.clients[client]?.events !== "closed")) return unknown;
    const events = model.events.filter((event) =>
      isPattern ? event.name.startsWith(name.slice(0, -1)) : event.name === name,
    );
    if (events.length === 0) return isPattern ? unknown : eventOf(name, unknown);
    return unite(events.map((event) => eventOf(event.name, event.shape ?? unknown)));
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
