import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import type { MemberTerm, Value } from "../../1-source/evaluate/value.js";
import type { SendFact } from "../facts.js";
import type { SendSite } from "../model.js";
import { callBy, mentionsOf } from "../name-index.js";
import { readPayload } from "../payload.js";
import { noteSendCall, readGuarded, spanOf, type Reading } from "../reading.js";
import { clientOf, isClientByType, nodeOfClient, type FoundClient } from "./client.js";
import { eventNameOf } from "./event-type.js";
import { isStepObject } from "./step-value.js";

interface Sender {
  readonly by: SendSite["by"];
  readonly call: ts.CallExpression;
  readonly client: number | null;
  readonly function: number | null;
}

/** Every place of the program that sends events and was not met in a handler already. */
export function readSends(reading: Reading): void {
  for (const name of ["send", "sendEvent", "create"] as const) {
    for (const mention of mentionsOf(reading, name)) {
      const call = callBy(mention);
      if (!call || reading.sendCalls.has(call)) continue;
      const known = reading.facts.sends.get(call);
      if (known === undefined) readGuarded(reading, call, "send", () => readSend(reading, call, name));
      else if (known !== null) addKnownSend(reading, call, known);
    }
  }
}

function readSend(reading: Reading, call: ts.CallExpression, name: "send" | "sendEvent" | "create"): void {
  const before = reading.sends.length;
  const callsBefore = reading.sendCallLog.length;
  const owner = ownerOf(reading, call);
  const callee = evaluate(reading.evaluation, call.expression, Scope.empty);
  if (callee.kind === "member" && callee.name === name) {
    const [first, second] = call.arguments;
    if (name === "send" && first) {
      const client = sendingClient(reading, call, callee, first);
      if (client)
        readSentEvents(reading, first, Scope.empty, { by: "client", call, client: client.client, function: owner });
    } else if (name === "sendEvent" && second && isStepObject(callee.object)) {
      // A helper that gets `step` and is called from no handler in sight.
      readSentEvents(reading, second, Scope.empty, { by: "step", call, client: null, function: owner });
    } else if (name === "create" && eventNameOf(reading, callee.object)) {
      readSentEvents(reading, call, Scope.empty, { by: "create", call, client: null, function: owner });
    }
  }
  const sites = reading.sends.slice(before);
  const [site] = sites;
  const calls = reading.sendCallLog.slice(callsBefore);
  const fact = site ? { sites, clientNode: nodeOfClient(reading, site.client), calls } : null;
  reading.facts.sends.set(call, fact);
}

function addKnownSend(reading: Reading, call: ts.CallExpression, { sites, clientNode, calls }: SendFact): void {
  const client = clientNode ? (reading.clientAt.get(clientNode) ?? null) : null;
  const owner = ownerOf(reading, call);
  for (const node of calls) noteSendCall(reading, node);
  for (const site of sites) reading.sends.push({ ...site, client, function: owner });
}

function sendingClient(
  reading: Reading,
  call: ts.CallExpression,
  callee: MemberTerm,
  event: ts.Expression,
): FoundClient | null {
  const found = clientOf(reading, callee.object);
  // A type names no schemas: a library that is handed "a client" sends events that the one client here need not know.
  if (found) return callee.object.kind === "typed" ? { client: null } : found;
  // Many things have a `send`; the checker is asked only where an event seems to be sent.
  if (!looksLikeEvent(event) || !ts.isPropertyAccessExpression(call.expression)) return null;
  return isClientByType(reading, call.expression.expression) ? { client: null } : null;
}

function looksLikeEvent(node: ts.Expression): boolean {
  if (ts.isArrayLiteralExpression(node)) return node.elements.some(looksLikeEvent);
  if (!ts.isObjectLiteralExpression(node)) return false;
  return node.properties.some(
    (property) => property.name && ts.isIdentifier(property.name) && property.name.text === "name",
  );
}

function ownerOf(reading: Reading, node: ts.Node): number | null {
  for (let current = node.parent; current; current = current.parent) {
    const owner = reading.handlerOwner.get(current);
    if (owner !== undefined) return owner;
  }
  return null;
}

/** Adds the events of one call to the model; gives their indexes. */
export function readSentEvents(reading: Reading, node: ts.Expression, scope: Scope, sender: Sender): number[] {
  noteSendCall(reading, sender.call);
  const inner = ts.isParenthesizedExpression(node) ? node.expression : node;
  if (ts.isArrayLiteralExpression(inner)) {
    return inner.elements.flatMap((element) =>
      readSentEvents(reading, ts.isSpreadElement(element) ? element.expression : element, scope, sender),
    );
  }
  const mapped = mappedElement(inner);
  if (mapped) return readSentEvents(reading, mapped, scope, sender);
  const index = reading.sends.length;
  reading.sends.push(readSentEvent(reading, inner, scope, sender));
  return [index];
}

/** The event in `items.map((item) => ({ name: …, data: … }))`. */
function mappedElement(node: ts.Expression): ts.Expression | null {
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return null;
  const [callback] = node.arguments;
  if (!["map", "flatMap"].includes(node.expression.name.text) || !callback) return null;
  if (!ts.isArrowFunction(callback) && !ts.isFunctionExpression(callback)) return null;
  if (!ts.isBlock(callback.body)) return callback.body;
  const last = callback.body.statements.at(-1);
  return last && ts.isReturnStatement(last) && last.expression ? last.expression : null;
}

function readSentEvent(reading: Reading, node: ts.Expression, scope: Scope, sender: Sender): SendSite {
  const value = evaluate(reading.evaluation, node, scope);
  const created = createdEvent(reading, value);
  const base = { ...sender, span: spanOf(reading, node), callSpan: spanOf(reading, sender.call) };
  const site = (name: Value | undefined, nameNode: ts.Node, data: ts.Node | undefined): SendSite => ({
    by: base.by,
    name: name?.kind === "constant" && typeof name.value === "string" ? name.value : null,
    candidates: name ? candidatesOf(reading, name, nameNode) : [],
    nameSpan: spanOf(reading, nameNode),
    data: data && ts.isExpression(data) ? readPayload(reading, data, scope) : null,
    client: base.client,
    function: base.function,
    span: base.span,
    callSpan: base.callSpan,
  });
  if (created) {
    noteSendCall(reading, created.call);
    return site(created.name, created.call, created.call.arguments[0]);
  }
  if (value.kind !== "object") return site(undefined, node, undefined);
  const name = value.properties.get("name");
  const data = value.properties.get("data");
  return site(name?.value ?? value.rest ?? undefined, name?.node ?? node, data?.node);
}

/** `orderPlaced.create({ … })` */
function createdEvent(reading: Reading, value: Value): { name: Value; call: ts.CallExpression } | null {
  if (value.kind !== "call" || value.callee.kind !== "member" || value.callee.name !== "create") return null;
  const event = eventNameOf(reading, value.callee.object);
  return event && ts.isCallExpression(value.node) ? { name: event.name, call: value.node } : null;
}

function candidatesOf(reading: Reading, name: Value, node: ts.Node): string[] {
  if (name.kind === "constant" || !ts.isExpression(node)) return [];
  const type = reading.evaluation.checker.getTypeAtLocation(node);
  const types = type.isUnion() ? type.types : [type];
  const names = types.flatMap((member) => (member.isStringLiteral() ? [member.value] : []));
  return names.length === types.length ? names : [];
}
