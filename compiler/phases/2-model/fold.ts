import { ts } from "ts-morph";
import { unknownValue } from "../../../runtime/manifest/function-config.js";
import { describeUnknown } from "../1-source/evaluate/describe.js";
import { evaluate } from "../1-source/evaluate/evaluate.js";
import type { Scope } from "../1-source/evaluate/scope.js";
import type { Value } from "../1-source/evaluate/value.js";
import { pathKey, type Folded, type FoldedValue, type Unknown } from "./folded.js";
import { spanOf, type Reading } from "./reading.js";
import { eventNameOf } from "./readers/event-type.js";
import type { Span } from "./span.js";

/** Settings that hold code; that they are not constant is no news. */
export const codeSettings = new Set(["onFailure", "onCancel", "onComplete", "middleware", "schemas", "logger"]);

type Path = readonly (string | number)[];

/** The data that `value` is; `node` is the expression at the place of use. */
export function fold(reading: Reading, value: Value, node: ts.Node, omit: ReadonlySet<string> = new Set()): Folded {
  const spans = new Map<string, Span>();
  const nameSpans = new Map<string, Span>();
  const unknowns: Unknown[] = [];

  const visit = (part: Value, path: Path, place: ts.Node): FoldedValue => {
    switch (part.kind) {
      case "constant":
        return part.value;
      case "array": {
        if (part.rest) return noteUnknown(part.rest, path, place);
        return part.elements.map((slot, index) => {
          const below = [...path, index];
          spans.set(pathKey(below), spanOf(reading, slot.node));
          return visit(slot.value, below, slot.node);
        });
      }
      case "object": {
        const data: Record<string, FoldedValue> = Object.create(null);
        if (part.rest) noteUnknown(part.rest, path, place);
        for (const [name, slot] of part.properties) {
          if (path.length === 0 && omit.has(name)) continue;
          const below = [...path, name];
          spans.set(pathKey(below), spanOf(reading, slot.node));
          if (slot.nameNode) nameSpans.set(pathKey(below), spanOf(reading, slot.nameNode));
          data[name] = visit(slot.value, below, slot.node);
        }
        return data;
      }
      case "instance":
      case "new":
        // `timeout: new Date(…)` is a setting; `middleware: [new Tracing()]` is code.
        if (path.length > 0 && !codeSettings.has(String(path[0]))) return noteUnknown(part, path, place);
        return unknownValue;
      case "function":
      case "class":
      case "module":
        // Code: there is nothing in it that could have been data.
        return unknownValue;
      case "call": {
        const event = eventNameOf(reading, part);
        if (!event) return noteUnknown(part, path, place);
        if (event.name.kind !== "constant") return noteUnknown(event.name, path, place);
        return path.at(-1) === "event" ? event.name.value : { event: event.name.value };
      }
      case "member": {
        // `orderPlaced.event`, `orderPlaced.name`
        const event = part.name === "name" || part.name === "event" ? eventNameOf(reading, part.object) : null;
        if (event?.name.kind === "constant") return event.name.value;
        return noteUnknown(part, path, place);
      }
      case "choice":
      case "external":
      case "global":
      case "input":
      case "typed":
      case "element":
      case "unknown":
        return noteUnknown(part, path, place);
    }
  };
  const noteUnknown = (part: Value, path: Path, place: ts.Node): FoldedValue => {
    if (part.kind !== "external" || !part.ours) {
      unknowns.push({ path, reason: describeUnknown(part), span: spanOf(reading, place) });
    }
    return unknownValue;
  };

  const folded = visit(value, [], node);
  return { value: folded, span: spanOf(reading, node), spans, nameSpans, unknowns };
}

export function foldExpression(reading: Reading, node: ts.Expression, scope: Scope): Folded {
  return fold(reading, evaluate(reading.evaluation, node, scope), node);
}

/** A folded value's property when it is a string; null when it is absent, unknown or something else. */
export function stringAt(folded: Folded, name: string): string | null {
  const { value } = folded;
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return null;
  const property: unknown = Reflect.get(value, name);
  return typeof property === "string" ? property : null;
}
