import { findNearestName } from "../../../diagnostics/nearest-name.js";
import { inferEvents, type InferredEvent } from "../../2-model/inferred-events.js";
import type { AppModel, FunctionModel } from "../../2-model/model.js";
import { type Finding, labelSpan } from "../rule.js";
import { listAllSteps, listHandlers } from "../visit-steps.js";

/**
 * A field of an event without a schema that the handler reads and that no sender in this program gives it. Only where all senders of
 * all of the function's events write their data out, and no step invokes it with data of its own.
 */
export function findUnsentFields(model: AppModel): Finding[] {
  const inferred = inferEvents(model);
  return model.functions.flatMap((fn, index): Finding[] => {
    const reads = fn.handler?.fieldReads ?? [];
    if (reads.length === 0) return [];
    const events = listEvents(fn, inferred);
    const [first] = events ?? [];
    if (!events || !first || isInvoked(model, fn, index)) return [];
    const fields = new Set(events.flatMap(({ shape }) => shape.properties.map(({ name }) => name)));
    const [sender] = first.senders;
    const seen = new Set<string>();
    return reads.flatMap(({ name, span }): Finding[] => {
      if (fields.has(name) || seen.has(name)) return [];
      seen.add(name);
      const nearest = findNearestName(name, fields);
      const names = events.map((event) => `\`${event.name}\``).join(" or ");
      return [
        {
          message: `nothing that sends ${names} gives it \`${name}\``,
          span,
          label: "`undefined` in all that is sent here",
          related: sender?.data ? [labelSpan(sender.data.span, `this is what \`${first.name}\` is sent with`)] : [],
          help:
            nearest === null
              ? "send it, or declare the event with `eventType` if it also comes from elsewhere"
              : `did you mean \`${nearest}\`?`,
          waivedAt: sender ? [sender.span] : [],
        },
      ];
    });
  });
}

/** Null when a run can begin with data that is not known. */
function listEvents(fn: FunctionModel, inferred: ReadonlyMap<string, InferredEvent>): readonly InferredEvent[] | null {
  const events: InferredEvent[] = [];
  for (const trigger of fn.triggers ?? []) {
    if (trigger.kind !== "event" || trigger.event === null) return null;
    const event = inferred.get(trigger.event);
    if (!event?.complete) return null;
    events.push(event);
  }
  return events;
}

/** What an invocation gives is data as well; one whose function is not known may be of any. */
function isInvoked(model: AppModel, { id }: FunctionModel, index: number): boolean {
  return listHandlers(model).some(({ handler }) =>
    listAllSteps(handler.steps).some(({ target }) => {
      if (target?.kind !== "function") return false;
      if (target.function !== null) return target.function === index;
      // By name it is the function's own id, after that of its application or alone.
      return target.id === null || id === null || target.id === id || target.id.endsWith(`-${id}`);
    }),
  );
}
