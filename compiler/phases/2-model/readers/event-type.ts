import { evaluateArguments } from "../../1-source/evaluate/evaluate-call.js";
import { evaluate, unknown } from "../../1-source/evaluate/evaluate.js";
import { nameInOurs, type CallTerm, type NewTerm, type Value } from "../../1-source/evaluate/value.js";
import type { Reading } from "../reading.js";

/** A value made by `eventType(name, …)`. */
export interface EventTypeValue {
  readonly term: CallTerm | NewTerm;
  readonly name: Value;
}

/** Null when `value` is not an event type. */
export function eventNameOf(reading: Reading, value: Value): EventTypeValue | null {
  if (value.kind === "choice") {
    for (const option of value.options) {
      const found = eventNameOf(reading, option);
      if (found) return found;
    }
    return null;
  }
  if (value.kind !== "call" && value.kind !== "new") return null;
  const maker = nameInOurs(value.callee);
  if (value.kind === "new") {
    if (maker !== "EventType") return null;
    const [options] = evaluateArguments(reading.evaluation, value.node.arguments, value.scope);
    const name = options?.value.kind === "object" ? options.value.properties.get("name") : undefined;
    return { term: value, name: name?.value ?? unknown(value.node, "the event's name is missing") };
  }
  if (maker !== "eventType" || !("arguments" in value.node)) return null;
  const [first] = value.node.arguments;
  const name = first
    ? evaluate(reading.evaluation, first, value.scope)
    : unknown(value.node, "the event's name is missing");
  return { term: value, name };
}
