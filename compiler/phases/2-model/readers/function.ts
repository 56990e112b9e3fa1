import { ts } from "ts-morph";
import { describeUnknown } from "../../1-source/evaluate/describe.js";
import { evaluateArguments } from "../../1-source/evaluate/evaluate-call.js";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import type { FunctionValue, MemberTerm, Slot, Value } from "../../1-source/evaluate/value.js";
import { contextsOf, type CallContext } from "../call-contexts.js";
import { exportPathOf } from "../export-path.js";
import { codeSettings, fold, stringAt } from "../fold.js";
import type { Folded } from "../folded.js";
import type { DefinitionFact, LifecycleParts } from "../facts.js";
import type { FunctionModel } from "../model.js";
import { callBy, mentionsOf } from "../name-index.js";
import { readGuarded, spanOf, type Reading } from "../reading.js";
import { clientOf, isClientByType, nodeOfClient, onlyClient, type FoundClient } from "./client.js";
import { clientOfDeferred, deferMakers, deferTrigger, isDeferred } from "./defer.js";
import { readTriggers } from "./trigger.js";

/** What still has to be read of a function once all functions are known: handlers can invoke any of them. */
export interface PendingFunction {
  readonly index: number;
  /** The call that defines it; null when it also depends on the calls that lead there. */
  readonly definedBy: ts.CallExpression | null;
  readonly parts: LifecycleParts<FunctionValue | null>;
}

/** Finds every definition in the program. */
export function readFunctions(reading: Reading): PendingFunction[] {
  const pending: PendingFunction[] = [];
  const names = new Set(["createFunction", ...deferMakers]);
  const seen = new Set<ts.Node>();
  // A set grows while it is walked: names under which the method is kept are searched for as well.
  for (const name of names) {
    for (const mention of mentionsOf(reading, name)) {
      const call = callBy(mention);
      if (!call) {
        const alias = aliasOf(mention);
        if (alias !== null) names.add(alias);
      } else if (!seen.has(call)) {
        seen.add(call);
        readGuarded(reading, call, "function", () => readDefinition(reading, call, pending));
      }
    }
  }
  return pending;
}

/** `import { createDefer as d }`, `const { createFunction: define } = client`, `const define = client.createFunction.bind(client)`. */
function aliasOf(mention: ts.Identifier): string | null {
  for (let node: ts.Node = mention.parent; node; node = node.parent) {
    if (ts.isImportSpecifier(node)) return node.name === mention ? null : node.name.text;
    if (ts.isBindingElement(node)) return ts.isIdentifier(node.name) ? node.name.text : null;
    if (ts.isVariableDeclaration(node)) return ts.isIdentifier(node.name) ? node.name.text : null;
    if (ts.isPropertyAssignment(node)) return ts.isIdentifier(node.name) ? node.name.text : null;
    if (ts.isStatement(node) || ts.isFunctionLike(node)) return null;
  }
  return null;
}

function readDefinition(reading: Reading, call: ts.CallExpression, pending: PendingFunction[]): void {
  const fact = reading.facts.definitions.get(call);
  if (fact && addKnownFunction(reading, call, fact, pending)) return;
  const contexts = contextsOf(reading, call);
  const deferred = isDeferred(reading, call);
  const clients = contexts.map((context) =>
    deferred ? clientOfDeferred(reading, call, context.scope) : clientOfCall(reading, call, context.scope),
  );
  const found = contexts.flatMap((context, index) => {
    const client = clients[index];
    return client ? [{ context, client }] : [];
  });
  // The same definition reached in several ways is one function, unless its id depends on the way.
  const [first] = found;
  if (!first) return;
  const distinct = found.length > 1 && hasConstantId(reading, call, deferred) ? [first] : found;
  for (const { context, client } of distinct) addFunction(reading, call, { context, client, deferred }, pending);
}

/** The client whose `createFunction` it is; null when it is some other function of that name. */
function clientOfCall(reading: Reading, call: ts.CallExpression, scope: Scope): FoundClient | null {
  const callee = evaluate(reading.evaluation, call.expression, scope);
  const methods = methodsOf(callee).filter((method) => method.name === "createFunction");
  for (const { object } of methods) {
    const found = clientOf(reading, object);
    if (found) return found;
  }
  const [method] = methods;
  if (!method) return null;
  const object = ts.isPropertyAccessExpression(call.expression) ? call.expression.expression : null;
  if (object && isClientByType(reading, object)) return { client: onlyClient(reading) };
  return isUntraceable(method.object) && looksLikeDefinition(call) ? { client: onlyClient(reading) } : null;
}

/** What the callee can be; `createFunction.bind(client)` is `createFunction`. */
function methodsOf(value: Value): MemberTerm[] {
  if (value.kind === "member") return [value];
  if (value.kind === "choice") return value.options.flatMap(methodsOf);
  const isBound = value.kind === "call" && value.callee.kind === "member" && value.callee.name === "bind";
  return isBound && value.callee.kind === "member" ? methodsOf(value.callee.object) : [];
}

/** Nothing is known of it, not that it is something else. */
function isUntraceable(value: Value): boolean {
  switch (value.kind) {
    case "unknown":
    case "instance":
    case "choice":
      return true;
    case "member":
      return isUntraceable(value.object);
    case "call":
      return isUntraceable(value.callee);
    case "external":
      return value.module.startsWith(".") || value.module.startsWith("@/") || value.module.startsWith("~");
    default:
      return false;
  }
}

function looksLikeDefinition(call: ts.CallExpression): boolean {
  const [config] = call.arguments;
  const last = call.arguments.at(-1);
  if (!config || !last || call.arguments.length < 2 || call.arguments.length > 3) return false;
  const hasId =
    ts.isObjectLiteralExpression(config) &&
    config.properties.some(
      (property) => property.name && ts.isIdentifier(property.name) && property.name.text === "id",
    );
  return hasId && (ts.isArrowFunction(last) || ts.isFunctionExpression(last) || ts.isIdentifier(last));
}

function hasConstantId(reading: Reading, call: ts.CallExpression, deferred: boolean): boolean {
  const config = call.arguments[deferred ? 1 : 0];
  if (!config) return false;
  const value = evaluate(reading.evaluation, config, Scope.empty);
  const id = value.kind === "object" ? value.properties.get("id")?.value : undefined;
  return id?.kind === "constant";
}

function addFunction(
  reading: Reading,
  call: ts.CallExpression,
  found: { readonly context: CallContext; readonly client: FoundClient; readonly deferred: boolean },
  pending: PendingFunction[],
): void {
  const { context, deferred } = found;
  const { client } = found.client;
  const all = evaluateArguments(reading.evaluation, call.arguments, context.scope);
  // The first is the client.
  const args = deferred ? all.slice(1) : all;
  const [configSlot, second, third] = args;
  const index = reading.functions.length;
  const node = context.calls[0] ?? call;
  const form = args.length >= 3 ? "v3" : "v4";
  const handlerSlot = form === "v3" ? third : second;
  const configValue: Value = configSlot?.value ?? { kind: "constant", value: undefined, node: call };
  const config = fold(
    reading,
    configValue,
    configSlot?.node ?? call,
    new Set(["triggers", ...(deferred ? ["schema"] : [])]),
  );
  const id = stringAt(config, "id");
  const ownTriggers = configValue.kind === "object" ? configValue.properties.get("triggers") : undefined;
  const triggersTwice = form === "v3" && ownTriggers !== undefined && isGiven(second);
  const triggersSlot = deferred
    ? deferTrigger(reading, call, client, id)
    : form === "v3" && isGiven(second)
      ? second
      : ownTriggers;

  const opaqueBefore = reading.opaque.length;
  noteOpaqueConfig(reading, index, config, id);
  const triggers = readTriggers(reading, index, triggersSlot, configValue);
  const handler = functionIn(handlerSlot?.value);
  if (!handler) {
    const reason = handlerSlot ? describeUnknown(handlerSlot.value) : "the handler is missing";
    reading.opaque.push({ function: index, at: "handler", reason, span: spanOf(reading, handlerSlot?.node ?? call) });
  }
  const model: FunctionModel = {
    id,
    idSpan: config.spans.get("id") ?? config.span,
    client,
    form,
    config,
    triggersTwice,
    triggers: triggers?.models ?? null,
    triggersSpan: triggersSlot ? spanOf(reading, triggersSlot.node) : config.span,
    handler: null,
    onFailure: null,
    onCancel: null,
    onComplete: null,
    input: triggers?.input ?? null,
    export: exportPathOf(reading, node),
    span: spanOf(reading, node),
    through: [...context.calls.slice(1), ...(node === call ? [] : [call])].map((frame) => ({
      callee: frame.expression.getText(),
      span: spanOf(reading, frame),
    })),
  };
  reading.functions.push(model);
  noteFunctionAt(reading, call, index);
  const setting = (name: string): FunctionValue | null =>
    configValue.kind === "object" ? functionIn(configValue.properties.get(name)?.value) : null;
  const parts = {
    handler,
    onFailure: setting("onFailure"),
    onCancel: setting("onCancel"),
    onComplete: setting("onComplete"),
  };
  const isPlain = context.scope.isEmpty && context.calls.length === 0 && !isInsideFunction(call);
  pending.push({ index, definedBy: isPlain ? call : null, parts });
  if (!isPlain) return;
  const opaque = reading.opaque.slice(opaqueBefore);
  reading.facts.definitions.set(call, { model, clientNode: nodeOfClient(reading, client), opaque, parts });
}

/** False when the client that it knew is no longer there. */
function addKnownFunction(
  reading: Reading,
  call: ts.CallExpression,
  { model, clientNode, opaque, parts }: DefinitionFact,
  pending: PendingFunction[],
): boolean {
  const client = clientNode && (reading.clientAt.get(clientNode) ?? null);
  if (client === null && clientNode !== null) return false;
  const index = reading.functions.length;
  reading.functions.push({ ...model, client: client ?? onlyClient(reading) });
  for (const entry of opaque) reading.opaque.push({ ...entry, function: index });
  noteFunctionAt(reading, call, index);
  pending.push({ index, definedBy: call, parts });
  return true;
}

function noteFunctionAt(reading: Reading, call: ts.CallExpression, index: number): void {
  const known = reading.functionsAt.get(call);
  if (known) known.push(index);
  else reading.functionsAt.set(call, [index]);
}

function isInsideFunction(node: ts.Node): boolean {
  for (let current = node.parent; current; current = current.parent) {
    if (ts.isFunctionLike(current) || ts.isClassLike(current)) return true;
  }
  return false;
}

function isGiven(slot: Slot | undefined): slot is Slot {
  return slot !== undefined && !(slot.value.kind === "constant" && slot.value.value === undefined);
}

function noteOpaqueConfig(reading: Reading, index: number, config: Folded, id: string | null): void {
  for (const unknown of config.unknowns) {
    const [name] = unknown.path;
    if (typeof name === "string" && codeSettings.has(name)) continue;
    const at = unknown.path.length === 0 ? "config" : unknown.path.join(".");
    reading.opaque.push({ function: index, at, reason: unknown.reason, span: unknown.span });
  }
  if (id === null && !config.unknowns.some((unknown) => unknown.path[0] === "id")) {
    const whole = config.unknowns.find((unknown) => unknown.path.length === 0);
    if (whole) reading.opaque.push({ function: index, at: "id", reason: whole.reason, span: whole.span });
  }
}

/** The function a handler is; one that is handed to another package's wrapper is taken for the handler. */
function functionIn(value: Value | undefined): FunctionValue | null {
  if (!value) return null;
  if (value.kind === "function") return value;
  if (value.kind === "choice") return value.options.map(functionIn).find((option) => option !== null) ?? null;
  return null;
}
