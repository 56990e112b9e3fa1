import { inferEvents } from "../../2-model/inferred-events.js";
import type { AppModel } from "../../2-model/model.js";
import type { ObjectShape } from "../../2-model/shape.js";
import { listEventUses } from "../event-uses.js";
import { describeShape } from "../fit-shape.js";
import { type Finding, labelSpan } from "../rule.js";

/** The type that the senders of an event without a schema give it, where this program also consumes it. */
export function findInferredEvents(model: AppModel): Finding[] {
  const consumed = new Set(listEventUses(model).flatMap(({ as, name }) => (as === "send" ? [] : [name])));
  return [...inferEvents(model).values()].flatMap(({ name, shape, senders }): Finding[] => {
    const [first, ...others] = senders;
    if (!first || !consumed.has(name) || shape.properties.length === 0) return [];
    return [
      {
        message: `\`${name}\` has no schema; what sends it gives it ${listFields(shape)}`,
        span: first.nameSpan,
        label: "sent here",
        related: others.slice(0, maxSenders).map((send) => labelSpan(send.nameSpan, "and here")),
        help: "its type is `InferredEvents` in the emitted client; declare it with `eventType` to have it checked",
      },
    ];
  });
}

/** More places say nothing new. */
const maxSenders = 3;

function listFields({ properties }: ObjectShape): string {
  const fields = properties.map(
    ({ name, shape, optional }) => `\`${name}${optional ? "?" : ""}\`, ${describeShape(shape)}`,
  );
  return fields.join("; ");
}
