import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { baseOf } from "../../1-source/evaluate/member.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import { nameInOurs, type Value } from "../../1-source/evaluate/value.js";
import { exportPathOf } from "../export-path.js";
import { fold, stringAt } from "../fold.js";
import { spanOf, type Reading } from "../reading.js";
import { readEventSchemas } from "./event-schemas.js";

const clientClasses = new Set(["Inngest", "Stepwright"]);

/** `client: null`: it is a client, but not known which. */
export interface FoundClient {
  readonly client: number | null;
}

/** Null when `value` is not a client. A client that was not met before is added to the model. */
export function clientOf(reading: Reading, value: Value): FoundClient | null {
  switch (value.kind) {
    case "new":
      if (!clientClasses.has(nameInOurs(value.callee) ?? "")) return null;
      return { client: addClient(reading, value.node, value.node.arguments?.[0], value.scope) };
    case "instance": {
      const base = baseOf(reading.evaluation, value.class);
      const isClient = base !== null && clientClasses.has(nameInOurs(base) ?? "");
      if (!isClient) return null;
      return ts.isNewExpression(value.node)
        ? { client: addClient(reading, value.node, value.node.arguments?.[0], Scope.empty) }
        : { client: null };
    }
    case "typed":
      return value.ours && clientClasses.has(value.name) ? { client: onlyClient(reading) } : null;
    case "choice":
      for (const option of value.options) {
        const found = clientOf(reading, option);
        if (found) return found;
      }
      return null;
    default:
      return null;
  }
}

/** Where only the type says that it is a client, and the application has one, it is that one. */
export function onlyClient(reading: Reading): number | null {
  return reading.clients.length === 1 ? 0 : null;
}

/** The place that makes a client: the same in the next version of the program, when its index may differ. */
export function nodeOfClient(reading: Reading, client: number | null): ts.Node | null {
  for (const [node, index] of reading.clientAt) if (index === client) return node;
  return null;
}

/** Asks the checker: for what comes out of a container, a hook, a package's function. */
export function isClientByType(reading: Reading, node: ts.Expression): boolean {
  const type = reading.evaluation.checker.getTypeAtLocation(node);
  const symbol = type.getSymbol();
  if (!symbol || !clientClasses.has(symbol.name)) return false;
  const file = symbol.declarations?.[0]?.getSourceFile().fileName;
  return file !== undefined && reading.evaluation.ours.isOwnFile(file);
}

function addClient(reading: Reading, node: ts.NewExpression, options: ts.Expression | undefined, scope: Scope): number {
  const known = reading.clientAt.get(node);
  if (known !== undefined) return known;
  const index = reading.clients.length;
  reading.clientAt.set(node, index);
  const fact = scope.isEmpty ? reading.facts.clients.get(node) : undefined;
  if (fact) {
    reading.clients.push(fact.client);
    reading.events.push(...fact.events.map((event) => (event.client === index ? event : { ...event, client: index })));
    reading.opaque.push(...fact.opaque);
    return index;
  }
  const eventsBefore = reading.events.length;
  const opaqueBefore = reading.opaque.length;
  const value: Value = options
    ? evaluate(reading.evaluation, options, scope)
    : { kind: "constant", value: undefined, node };
  const config = fold(reading, value, options ?? node);
  const id = stringAt(config, "id");
  const client = {
    id,
    config,
    events: "open" as const,
    export: exportPathOf(reading, node),
    span: spanOf(reading, node),
  };
  reading.clients.push(client);
  const schemas = value.kind === "object" ? value.properties.get("schemas") : undefined;
  if (schemas && readEventSchemas(reading, schemas.value, index) === "closed") {
    reading.clients[index] = { ...client, events: "closed" };
  }
  if (id === null) {
    const reason = config.unknowns.find((unknown) => unknown.path[0] === "id" || unknown.path.length === 0);
    reading.opaque.push({
      function: null,
      at: "client.id",
      reason: reason?.reason ?? "the client has no constant id",
      span: reason?.span ?? config.span,
    });
  }
  const added = reading.clients[index];
  if (scope.isEmpty && added) {
    reading.facts.clients.set(node, {
      client: added,
      events: reading.events.slice(eventsBefore),
      opaque: reading.opaque.slice(opaqueBefore),
    });
  }
  return index;
}
