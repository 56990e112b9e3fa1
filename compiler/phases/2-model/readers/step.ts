import { ts } from "ts-morph";
import type { StepToolName } from "../../../../runtime/manifest/manifest.js";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import type { Value } from "../../1-source/evaluate/value.js";
import { nameInOurs } from "../../1-source/evaluate/value.js";
import { fold, stringAt } from "../fold.js";
import type { Folded } from "../folded.js";
import type { StepNode, StepSite, StepTarget } from "../model.js";
import { returnShape } from "../expression-shape.js";
import { readPayload } from "../payload.js";
import { spanBetween, spanOf } from "../reading.js";
import type { Span } from "../span.js";
import type { Awaited } from "./awaited.js";
import { readBodyFacts } from "./body-facts.js";
import type { HandlerWalk, Position } from "./handler-walk.js";
import { asyncModifierOf, type StepBody } from "./step-body.js";
import { resultNode } from "./result-node.js";
import { readSentEvents } from "./send.js";

/** Tools whose options say how often the code is tried, and for how long. */
const withAttempts = new Set<StepToolName>(["run", "transaction", "ai.wrap"]);

export function readStep(
  walk: HandlerWalk,
  call: ts.CallExpression,
  tool: StepToolName,
  position: Position,
  awaited: Awaited,
  reached: StepSite["reached"],
  nested: readonly StepNode[],
  { callback, rollback }: StepBody,
): StepSite {
  const { reading } = walk;
  const [first, second] = call.arguments;
  const hasId =
    first !== undefined && !(tool === "fetch" && call.arguments.length < 3 && (!isOptions(second) || isUrl(first)));
  const idNode = hasId ? idNodeOf(walk, first, position) : null;
  const id = idNode && evaluate(reading.evaluation, idNode, position.scope);
  const parts = tool === "transaction" ? [callback, rollback] : [];
  const asyncParts = parts.map((part) => part && asyncModifierOf(reading, part, position.scope));
  const given = withAttempts.has(tool) ? attemptOptionsOf(call) : callback || tool === "sendEvent" ? undefined : second;
  const options = given ? foldOptions(walk, given, position) : null;
  const step: StepSite = {
    kind: "step",
    tool,
    id: id?.kind === "constant" && typeof id.value === "string" ? id.value : null,
    template: id && idNode && id.kind !== "constant" ? templateOf(walk, idNode, position) : null,
    idSpan: spanOf(reading, idNode ?? call),
    span: spanOf(reading, call),
    calleeSpan: spanOf(reading, call.expression),
    argSpans: call.arguments.map((argument) => spanOf(reading, argument)),
    awaited,
    awaitSpan: awaitSpanOf(walk, call),
    reached,
    statement: walk.notePlace(),
    body: callback && walk.noteBody(callback),
    nested,
    through: position.frames,
    result: callback ? returnShape(reading, callback, position.scope) : null,
    resultUnused: isUnused(call),
    resultSpan: callback ? spanOf(reading, resultNode(callback)) : null,
    rollback: rollback !== null,
    asyncSpans: asyncParts.flatMap((part) => (part ? [spanOf(reading, part)] : [])),
    ...readBodyFacts(reading, callback, position.scope),
    options,
    target: targetOf(walk, call, tool, second, options, position),
  };
  const invoked = tool === "invoke" ? invokedDefinition(walk, second, position) : null;
  if (invoked) reading.invoked.set(step, invoked);
  return step;
}

function awaitSpanOf({ reading }: HandlerWalk, call: ts.CallExpression): Span | null {
  if (!ts.isExpressionStatement(call.parent)) return null;
  const around = ts.findAncestor(call, ts.isFunctionLike);
  const isAsync = around && ts.canHaveModifiers(around) && hasAsync(around);
  const file = call.getSourceFile();
  return isAsync ? spanBetween(reading, file, call.getStart(file), call.getStart(file)) : null;
}

function hasAsync(node: ts.HasModifiers): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword) ?? false;
}

function isUnused(call: ts.CallExpression): boolean {
  const { parent } = call;
  return ts.isExpressionStatement(ts.isAwaitExpression(parent) ? parent.parent : parent);
}

/** `{ id, retries }` of `step.run({ id, retries }, …)`, `{ retries }` of `step.run("a", { retries }, …)`. */
function attemptOptionsOf(call: ts.CallExpression): ts.Expression | undefined {
  return call.arguments.slice(0, 2).findLast((argument) => ts.isObjectLiteralExpression(argument));
}

/** The `createFunction` call of the function that an invocation names. */
function invokedDefinition(walk: HandlerWalk, second: ts.Expression | undefined, position: Position): ts.Node | null {
  const options = second && evaluate(walk.reading.evaluation, second, position.scope);
  const target = options?.kind === "object" ? options.properties.get("function")?.value : undefined;
  return target?.kind === "call" ? target.node : null;
}

function isOptions(node: ts.Expression | undefined): boolean {
  return node !== undefined && !ts.isObjectLiteralExpression(node);
}

/** `step.fetch("https://…", init)` names its step by the host; no id looks like that. */
function isUrl(node: ts.Expression): boolean {
  const text = ts.isTemplateExpression(node) ? node.head.text : ts.isStringLiteralLike(node) ? node.text : "";
  return /^https?:\/\//.test(text) || (ts.isNewExpression(node) && node.expression.getText() === "URL");
}

/** `"charge"` of `step.run("charge", …)` and of `step.run({ id: "charge" }, …)`. */
function idNodeOf(walk: HandlerWalk, first: ts.Expression, position: Position): ts.Expression {
  const value = evaluate(walk.reading.evaluation, first, position.scope);
  const slot = value.kind === "object" ? value.properties.get("id") : undefined;
  return slot && ts.isExpression(slot.node) ? slot.node : first;
}

/** `charge-${order.id}`: what is constant as it is, the rest as it is written. */
function templateOf(walk: HandlerWalk, node: ts.Expression, position: Position): string {
  if (ts.isTemplateExpression(node)) {
    let text = node.head.text;
    for (const span of node.templateSpans) text += partOf(walk, span.expression, position) + span.literal.text;
    return text;
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    return templatePart(walk, node.left, position) + templatePart(walk, node.right, position);
  }
  return partOf(walk, node, position);
}

function templatePart(walk: HandlerWalk, node: ts.Expression, position: Position): string {
  return ts.isBinaryExpression(node) || ts.isTemplateExpression(node)
    ? templateOf(walk, node, position)
    : partOf(walk, node, position);
}

function partOf(walk: HandlerWalk, node: ts.Expression, position: Position): string {
  const value = evaluate(walk.reading.evaluation, node, position.scope);
  return value.kind === "constant" ? String(value.value) : `\${${node.getText().replace(/\s+/g, " ")}}`;
}

function foldOptions(walk: HandlerWalk, node: ts.Expression, position: Position): Folded {
  return fold(
    walk.reading,
    evaluate(walk.reading.evaluation, node, position.scope),
    node,
    new Set(["data", "function"]),
  );
}

function targetOf(
  walk: HandlerWalk,
  call: ts.CallExpression,
  tool: StepToolName,
  second: ts.Expression | undefined,
  options: Folded | null,
  position: Position,
): StepTarget | null {
  const { reading } = walk;
  if (tool === "waitForEvent" && options) {
    return { kind: "event", name: stringAt(options, "event"), span: options.spans.get("event") ?? options.span };
  }
  if (tool === "sendEvent" && second) {
    const sends = readSentEvents(reading, second, position.scope, {
      by: "step",
      call,
      client: null,
      function: walk.functionIndex,
    });
    return { kind: "send", sends };
  }
  if (tool !== "invoke" || !second) return null;
  const value = evaluate(reading.evaluation, second, position.scope);
  if (value.kind !== "object")
    return { kind: "function", function: null, id: null, data: null, span: spanOf(reading, second) };
  const target = value.properties.get("function");
  const data = value.properties.get("data");
  const found = target ? functionTarget(walk, target.value) : { function: null, id: null };
  return {
    kind: "function",
    ...found,
    data: data && ts.isExpression(data.node) ? readPayload(reading, data.node, position.scope) : null,
    span: spanOf(reading, target?.node ?? second),
  };
}

/**
 * A function of this program, `"<app>-<function>"`, or `referenceFunction({ functionId })`. The functions of this
 * application go by their own id in every form, those of others with their application's.
 */
function functionTarget(walk: HandlerWalk, value: Value): { function: number | null; id: string | null } {
  const { reading } = walk;
  const client = reading.functions[walk.functionIndex]?.client ?? null;
  const app = client === null ? null : (reading.clients[client]?.id ?? null);
  if (value.kind === "constant") {
    if (typeof value.value !== "string") return { function: null, id: null };
    const isOwn = app !== null && value.value.startsWith(`${app}-`);
    return { function: null, id: isOwn ? value.value.slice(app.length + 1) : value.value };
  }
  if (value.kind !== "call") return { function: null, id: null };
  if (nameInOurs(value.callee) === "referenceFunction" && "arguments" in value.node) {
    const [argument] = value.node.arguments;
    const options = argument && fold(reading, evaluate(reading.evaluation, argument, value.scope), argument);
    if (!options || options.unknowns.some(({ path }) => path[0] === "appId")) return { function: null, id: null };
    const [appId, functionId] = [stringAt(options, "appId"), stringAt(options, "functionId")];
    const isOwn = appId === null || appId === app || functionId === null;
    return { function: null, id: isOwn ? functionId : `${appId}-${functionId}` };
  }
  const known = reading.functionsAt.get(value.node) ?? [];
  const [only] = known;
  if (known.length === 1 && only !== undefined) return { function: only, id: reading.functions[only]?.id ?? null };
  return { function: null, id: null };
}
