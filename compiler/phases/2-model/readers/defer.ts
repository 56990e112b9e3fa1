import type { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import { nameInOurs, type Slot, type Value } from "../../1-source/evaluate/value.js";
import type { Reading } from "../reading.js";
import { clientOf, type FoundClient, onlyClient } from "./client.js";

/** Each takes the client, the configuration and the handler. */
export const deferMakers: ReadonlySet<string> = new Set(["createDefer", "createScorer"]);

/** The call defines a function whose runs others defer. */
export function isDeferred(reading: Reading, call: ts.CallExpression): boolean {
  const name = nameInOurs(evaluate(reading.evaluation, call.expression, Scope.empty));
  return name !== null && deferMakers.has(name);
}

/** The client that it is given; where that cannot be told, the application's only one. */
export function clientOfDeferred(reading: Reading, call: ts.CallExpression, scope: Scope): FoundClient {
  const [given] = call.arguments;
  const found = given && clientOf(reading, evaluate(reading.evaluation, given, scope));
  return found ?? { client: onlyClient(reading) };
}

/** The trigger that the runtime gives it: its own event, for it alone. */
export function deferTrigger(
  reading: Reading,
  call: ts.CallExpression,
  client: number | null,
  id: string | null,
): Slot {
  const app = client === null ? null : (reading.clients[client]?.id ?? null);
  const text = (value: string): Slot => ({ value: { kind: "constant", value, node: call }, node: call });
  if (app === null || id === null) {
    const reason = "its own id and its client's are not constant";
    return { value: { kind: "unknown", reason, node: call }, node: call };
  }
  const properties = new Map([
    ["event", text("inngest/deferred.schedule")],
    ["if", text(`event.data._inngest.fn_slug == ${JSON.stringify(`${app}-${id}`)}`)],
  ]);
  const value: Value = { kind: "object", properties, rest: null, node: call };
  return { value, node: call };
}
