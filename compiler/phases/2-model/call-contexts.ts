import { ts } from "ts-morph";
import { bindArguments, evaluateArguments } from "../1-source/evaluate/evaluate-call.js";
import { evaluate } from "../1-source/evaluate/evaluate.js";
import { Scope } from "../1-source/evaluate/scope.js";
import type { FunctionNode, Slot, Value } from "../1-source/evaluate/value.js";
import { callBy, mentionsOf } from "./name-index.js";
import type { Reading } from "./reading.js";

/** One way in which the program comes to a place: what its parameters stand for, and the calls that lead there. */
export interface CallContext {
  readonly scope: Scope;
  /** Outermost first. */
  readonly calls: readonly ts.CallExpression[];
}

const maxNesting = 5;
/** A factory with more calls than this is not expanded further; nobody writes that many by hand. */
const maxContexts = 2000;

/** All the ways to `node` that can be told. At the top level of a module there is just one. */
export function contextsOf(reading: Reading, node: ts.Node, nesting = 0): CallContext[] {
  const loops: ts.ForOfStatement[] = [];
  let current = node.parent;
  while (current && !ts.isSourceFile(current) && !isFollowedFunction(current) && !ts.isClassLike(current)) {
    if (ts.isForOfStatement(current)) loops.unshift(current);
    current = current.parent;
  }
  let contexts: CallContext[] =
    !current || ts.isSourceFile(current)
      ? [{ scope: Scope.empty, calls: [] }]
      : nesting >= maxNesting
        ? [{ scope: Scope.empty, calls: [] }]
        : ts.isClassLike(current)
          ? contextsOfClass(reading, current, nesting)
          : contextsOfFunction(reading, current as FunctionNode, nesting);
  for (const loop of loops) contexts = contexts.flatMap((context) => turnsOf(reading, loop, context));
  return contexts;
}

function isFollowedFunction(node: ts.Node): boolean {
  return ts.isFunctionLike(node) && "body" in node && node.body !== undefined;
}

/** One context a turn, for a loop over a constant array. */
function turnsOf(reading: Reading, loop: ts.ForOfStatement, context: CallContext): CallContext[] {
  const array = evaluate(reading.evaluation, loop.expression, context.scope);
  if (array.kind !== "array" || array.rest || !ts.isVariableDeclarationList(loop.initializer)) return [context];
  const [variable] = loop.initializer.declarations;
  if (!variable) return [context];
  return array.elements.map((slot) => ({
    ...context,
    scope: context.scope.with(new Map<ts.Node, Value>([[variable, slot.value]])),
  }));
}

function contextsOfFunction(reading: Reading, fn: FunctionNode, nesting: number): CallContext[] {
  if (ts.isMethodDeclaration(fn) || ts.isConstructorDeclaration(fn) || ts.isGetAccessorDeclaration(fn)) {
    if (ts.isClassLike(fn.parent)) return contextsOfClass(reading, fn.parent, nesting);
  }
  const inline = contextsOfCallback(reading, fn, nesting);
  if (inline) return inline;
  const name = nameOf(fn);
  const found: CallContext[] = [];
  for (const mention of name === null ? [] : mentionsOf(reading, name)) {
    const call = callBy(mention);
    if (!call || isInside(call, fn)) continue;
    for (const outer of contextsOf(reading, call, nesting + 1)) {
      const callee = evaluate(reading.evaluation, call.expression, outer.scope);
      if (callee.kind !== "function" || callee.node !== fn) continue;
      const args = evaluateArguments(reading.evaluation, call.arguments, outer.scope);
      found.push({ scope: bindArguments(reading.evaluation, callee, args), calls: [...outer.calls, call] });
      if (found.length >= maxContexts) return found;
    }
  }
  return found.length > 0 ? found : outerContexts(reading, fn, nesting);
}

/** Nobody calls it in sight: its own parameters are unknown, those of functions around it may be known. */
function outerContexts(reading: Reading, fn: FunctionNode, nesting: number): CallContext[] {
  return contextsOf(reading, fn, nesting + 1);
}

/** `names.map((name) => client.createFunction(…))`, and a function that is called where it stands. */
function contextsOfCallback(reading: Reading, fn: FunctionNode, nesting: number): CallContext[] | null {
  let node: ts.Node = fn;
  while (ts.isParenthesizedExpression(node.parent)) node = node.parent;
  const call = node.parent;
  if (!ts.isCallExpression(call)) return null;
  const contexts = contextsOf(reading, call, nesting + 1);
  if (call.expression === node) {
    return contexts.map((context) => {
      const args = evaluateArguments(reading.evaluation, call.arguments, context.scope);
      return { ...context, scope: bindArguments(reading.evaluation, closure(fn, context.scope), args) };
    });
  }
  if (!ts.isPropertyAccessExpression(call.expression)) return contexts;
  const { expression, name } = call.expression;
  if (!["map", "flatMap", "forEach"].includes(name.text)) return contexts;
  return contexts.flatMap((context) => {
    const array = evaluate(reading.evaluation, expression, context.scope);
    if (array.kind !== "array" || array.rest) return [context];
    return array.elements.map((slot, index) => {
      const position: Slot = { value: { kind: "constant", value: index, node: call }, node: call };
      const scope = bindArguments(reading.evaluation, closure(fn, context.scope), [slot, position]);
      return { scope, calls: context.calls };
    });
  });
}

function closure(fn: FunctionNode, scope: Scope): Extract<Value, { kind: "function" }> {
  return { kind: "function", node: fn, scope, self: null };
}

/** One context for each place that makes an instance. */
function contextsOfClass(reading: Reading, owner: ts.ClassLikeDeclaration, nesting: number): CallContext[] {
  const name = owner.name?.text;
  const found: CallContext[] = [];
  for (const mention of name === undefined ? [] : mentionsOf(reading, name)) {
    const { parent } = mention;
    if (!ts.isNewExpression(parent) || parent.expression !== mention || isInside(parent, owner)) continue;
    for (const outer of contextsOf(reading, parent, nesting + 1)) {
      const made = evaluate(reading.evaluation, parent, outer.scope);
      if (made.kind !== "instance" || made.class.node !== owner) continue;
      found.push({ scope: made.scope.with(new Map<ts.Node, Value>([[owner, made]])), calls: outer.calls });
    }
  }
  return found.length > 0 ? found : [{ scope: Scope.empty, calls: [] }];
}

function nameOf(fn: FunctionNode): string | null {
  if (fn.name && ts.isIdentifier(fn.name)) return fn.name.text;
  const { parent } = fn;
  if (ts.isVariableDeclaration(parent) && ts.isIdentifier(parent.name)) return parent.name.text;
  if ((ts.isPropertyAssignment(parent) || ts.isPropertyDeclaration(parent)) && ts.isIdentifier(parent.name))
    return parent.name.text;
  return null;
}

function isInside(node: ts.Node, outer: ts.Node): boolean {
  return node.getSourceFile() === outer.getSourceFile() && node.pos >= outer.pos && node.end <= outer.end;
}
