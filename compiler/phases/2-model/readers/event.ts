import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import { exportPathOf } from "../export-path.js";
import { toJsonSchema } from "../json-schema.js";
import type { EventModel } from "../model.js";
import { callBy, mentionsOf } from "../name-index.js";
import { spanOf, type Reading } from "../reading.js";
import { eventNameOf } from "./event-type.js";
import { readSchema } from "./schema.js";

/** Every `eventType(name, { schema, version })` of the program, whatever it was imported as. */
export function readEventTypes(reading: Reading): void {
  const names = new Set(["eventType"]);
  for (const name of names) {
    for (const mention of mentionsOf(reading, name)) {
      if (isRenaming(mention.parent) && "name" in mention.parent) names.add(mention.parent.name.text);
      const call = callBy(mention);
      if (!call) continue;
      const fact = reading.facts.eventTypes.get(call);
      if (fact) {
        reading.events.push(fact);
        continue;
      }
      const event = eventNameOf(reading, evaluate(reading.evaluation, call, Scope.empty));
      if (!event || event.term.node !== call) continue;
      if (event.name.kind !== "constant" || typeof event.name.value !== "string") {
        const reason = event.name.kind === "unknown" ? event.name.reason : "the event's name is not constant";
        reading.opaque.push({ function: null, at: "event.name", reason, span: spanOf(reading, call) });
        continue;
      }
      const [nameNode, optionsNode] = call.arguments;
      const options = optionsNode && evaluate(reading.evaluation, optionsNode, Scope.empty);
      const slot = options?.kind === "object" ? options.properties.get("schema") : undefined;
      const version = options?.kind === "object" ? options.properties.get("version")?.value : undefined;
      const schema = slot ? readSchema(reading, slot.value, slot.node) : null;
      const known = schema !== null && schema.shape.kind !== "unknown";
      const model: EventModel = {
        name: event.name.value,
        declared: schema?.declared ?? "none",
        schema: known ? toJsonSchema(schema.shape) : null,
        shape: known ? schema.shape : null,
        version: version?.kind === "constant" && typeof version.value === "string" ? version.value : null,
        client: null,
        export: exportPathOf(reading, call),
        span: spanOf(reading, nameNode ?? call),
      };
      reading.facts.eventTypes.set(call, model);
      reading.events.push(model);
    }
  }
}

function isRenaming(node: ts.Node): node is ts.ImportSpecifier {
  return ts.isImportSpecifier(node) && node.propertyName !== undefined;
}
