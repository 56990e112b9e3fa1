import { ts } from "ts-morph";
import { evaluate, shortText, unknown } from "./evaluate.js";
import { evaluateImported } from "./evaluate-import.js";
import type { Evaluation } from "./evaluation.js";
import { changesOf } from "./file-changes.js";
import { memberOf } from "./member.js";
import { Scope } from "./scope.js";
import { evaluateParameterType } from "./parameter-type.js";
import type { FunctionNode, Slot, Value } from "./value.js";

export function evaluateIdentifier(evaluation: Evaluation, node: ts.Identifier, scope: Scope): Value {
  if (node.text === "undefined") return { kind: "constant", value: undefined, node };
  const symbol = symbolOf(evaluation, node);
  if (!symbol) return globalValue(node);
  if (symbol.flags & ts.SymbolFlags.Alias) return evaluateImported(evaluation, symbol, node);
  const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
  if (!declaration) return globalValue(node);
  const bound = scope.lookUp(declaration);
  if (bound) return bound;
  return evaluateDeclaration(evaluation, declaration, scope, node);
}

function globalValue(node: ts.Identifier): Value {
  if (node.text === "Infinity") return { kind: "constant", value: Infinity, node };
  if (node.text === "NaN") return { kind: "constant", value: NaN, node };
  return { kind: "global", name: node.text, node };
}

/** Only a look-up of the name; asks for no types. */
export function symbolOf(evaluation: Evaluation, node: ts.Identifier): ts.Symbol | undefined {
  const { parent } = node;
  if (parent && ts.isShorthandPropertyAssignment(parent) && parent.name === node) {
    return evaluation.checker.getShorthandAssignmentValueSymbol(parent);
  }
  return evaluation.checker.getSymbolAtLocation(node);
}

/** `this` is bound by the class it belongs to; a class that is only read, not instantiated, is its own first instance. */
export function evaluateThis(node: ts.Node, scope: Scope): Value {
  const owner = ownerOfThis(node);
  if (!owner) return unknown(node, "`this` is known only at run time");
  const bound = scope.lookUp(owner);
  if (bound) return bound;
  if (!ts.isClassLike(owner)) return unknown(node, "`this` is known only at run time");
  const made: Value = { kind: "class", node: owner, scope };
  return isInStaticMember(node, owner) ? made : { kind: "instance", class: made, scope, node: owner };
}

function isInStaticMember(node: ts.Node, owner: ts.ClassLikeDeclaration): boolean {
  let member = node;
  while (member.parent !== owner) member = member.parent;
  return (
    ts.canHaveModifiers(member) && (ts.getModifiers(member) ?? []).some((m) => m.kind === ts.SyntaxKind.StaticKeyword)
  );
}

function ownerOfThis(node: ts.Node): ts.ClassLikeDeclaration | ts.ObjectLiteralExpression | null {
  for (let current = node.parent; current; current = current.parent) {
    if (ts.isClassLike(current)) return current;
    if (ts.isMethodDeclaration(current) && ts.isObjectLiteralExpression(current.parent)) return current.parent;
    if (ts.isFunctionDeclaration(current) || ts.isFunctionExpression(current)) return null;
  }
  return null;
}

/** `use` is the identifier that led here, for reasons and for what has no node of its own. */
export function evaluateDeclaration(evaluation: Evaluation, declaration: ts.Node, scope: Scope, use: ts.Node): Value {
  if (isInsideFunction(declaration)) return evaluateFresh(evaluation, declaration, scope, use);
  const known = evaluation.declared.get(declaration);
  if (known) return known;
  if (known === null) return unknown(use, `\`${shortText(use)}\` is defined in terms of itself`);
  evaluation.declared.set(declaration, null);
  const value = evaluateFresh(evaluation, declaration, Scope.empty, use);
  evaluation.declared.set(declaration, value);
  return value;
}

function isInsideFunction(declaration: ts.Node): boolean {
  for (let node = declaration.parent; node; node = node.parent) {
    if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) return true;
    if (ts.isSourceFile(node)) return false;
  }
  return false;
}

function evaluateFresh(evaluation: Evaluation, declaration: ts.Node, scope: Scope, use: ts.Node): Value {
  if (declaration.getSourceFile().isDeclarationFile) return { kind: "global", name: use.getText(), node: use };
  if (ts.isVariableDeclaration(declaration)) return evaluateVariable(evaluation, declaration, scope, use);
  if (ts.isBindingElement(declaration)) return evaluateBinding(evaluation, declaration, scope, use);
  if (ts.isParameter(declaration)) return evaluateParameter(evaluation, declaration, scope);
  if (ts.isFunctionDeclaration(declaration)) {
    const body = implementationOf(evaluation, declaration);
    return body
      ? { kind: "function", node: body, scope, self: null }
      : unknown(use, `\`${shortText(use)}\` has no body`);
  }
  if (ts.isClassDeclaration(declaration)) return { kind: "class", node: declaration, scope };
  if (ts.isEnumDeclaration(declaration)) return evaluateEnum(evaluation, declaration);
  if (ts.isExportAssignment(declaration)) return evaluate(evaluation, declaration.expression, scope);
  if (ts.isBinaryExpression(declaration)) return evaluate(evaluation, declaration.right, scope);
  if (ts.isModuleDeclaration(declaration)) return evaluateNamespace(evaluation, declaration, use);
  if (ts.isSourceFile(declaration)) return { kind: "module", file: declaration, node: use };
  if (ts.isEnumMember(declaration)) {
    return memberOf(evaluation, evaluateEnum(evaluation, declaration.parent), declaration.name.getText(), use);
  }
  return unknown(use, `\`${shortText(use)}\` is not constant`);
}

function implementationOf(evaluation: Evaluation, declaration: ts.FunctionDeclaration): FunctionNode | null {
  if (declaration.body) return declaration as FunctionNode;
  const symbol = declaration.name && evaluation.checker.getSymbolAtLocation(declaration.name);
  for (const other of symbol?.declarations ?? []) {
    if (ts.isFunctionDeclaration(other) && other.body) return other as FunctionNode;
  }
  return null;
}

function evaluateVariable(
  evaluation: Evaluation,
  declaration: ts.VariableDeclaration,
  scope: Scope,
  use: ts.Node,
): Value {
  const name = ts.isIdentifier(declaration.name) ? declaration.name.text : null;
  const list = declaration.parent;
  const constant = ts.isVariableDeclarationList(list) && (list.flags & ts.NodeFlags.Const) !== 0;
  const changes = changesOf(evaluation, declaration.getSourceFile());
  if (name !== null && !constant && changes.assigned.has(name)) {
    return evaluateReassigned(evaluation, declaration, name, scope, use);
  }
  if (!declaration.initializer) {
    const typed = declaration.type && evaluateParameterType(evaluation, declaration.type, declaration);
    if (typed) return typed;
    const loop = list.parent;
    if (loop && ts.isForOfStatement(loop)) {
      return { kind: "element", of: evaluate(evaluation, loop.expression, scope), node: use };
    }
    return unknown(use, `\`${shortText(use)}\` gets its value elsewhere`);
  }
  if (evaluation.active.has(declaration)) return unknown(use, `\`${shortText(use)}\` is defined in terms of itself`);
  evaluation.active.add(declaration);
  const value = evaluate(evaluation, declaration.initializer, scope);
  evaluation.active.delete(declaration);
  if (name !== null && changes.mutated.has(name) && (value.kind === "object" || value.kind === "array")) {
    const rest = unknown(use, `\`${name}\` is changed after it is made`);
    if (value.kind === "array") return { ...value, rest };
    const properties = new Map<string, Slot>();
    for (const [key, slot] of value.properties) {
      properties.set(key, slot.value.kind === "constant" ? { ...slot, value: unknown(slot.node, rest.reason) } : slot);
    }
    return { ...value, properties, rest };
  }
  return value;
}

/** `let client; client ??= new Inngest(…)`: the object it gets is of use, a constant that may change is not. */
function evaluateReassigned(
  evaluation: Evaluation,
  declaration: ts.VariableDeclaration,
  name: string,
  scope: Scope,
  use: ts.Node,
): Value {
  const reason = `\`${name}\` is assigned more than once`;
  const options: Value[] = [];
  const initial = declaration.initializer;
  if (initial && evaluation.depth < 20) options.push(evaluate(evaluation, initial, scope));
  const visit = (node: ts.Node): void => {
    if (
      ts.isBinaryExpression(node) &&
      ts.isIdentifier(node.left) &&
      node.left.text === name &&
      ts.isNewExpression(node.right)
    ) {
      options.push(evaluate(evaluation, node.right, scope));
    }
    ts.forEachChild(node, visit);
  };
  visit(declaration.getSourceFile());
  const objects = options.filter((option) => option.kind !== "constant");
  return objects.length > 0 ? { kind: "choice", options: objects, reason, node: use } : unknown(use, reason);
}

function evaluateParameter(evaluation: Evaluation, declaration: ts.ParameterDeclaration, scope: Scope): Value {
  const bound = scope.lookUp(declaration);
  if (bound) return bound;
  const typed = declaration.type && evaluateParameterType(evaluation, declaration.type, declaration);
  if (typed) return typed;
  const iterated = declaration.type ? null : iteratedBy(declaration);
  if (iterated) return { kind: "element", of: evaluate(evaluation, iterated, scope), node: declaration };
  return unknown(declaration.name, `\`${shortText(declaration.name)}\` is a parameter`);
}

/** `items` for the first parameter of the callback in `items.map((item) => …)`. */
function iteratedBy(parameter: ts.ParameterDeclaration): ts.Expression | null {
  const callback = parameter.parent;
  const call = callback.parent;
  if (callback.parameters[0] !== parameter || !ts.isCallExpression(call) || call.arguments[0] !== callback) return null;
  if (!ts.isPropertyAccessExpression(call.expression)) return null;
  const isIteration = ["map", "flatMap", "forEach", "filter"].includes(call.expression.name.text);
  return isIteration ? call.expression.expression : null;
}

/** One name of a destructuring pattern, in a parameter or a variable. */
function evaluateBinding(evaluation: Evaluation, element: ts.BindingElement, scope: Scope, use: ts.Node): Value {
  const pattern = element.parent;
  const holder = pattern.parent;
  const whole = ts.isBindingElement(holder)
    ? evaluateBinding(evaluation, holder, scope, use)
    : ts.isParameter(holder)
      ? evaluateParameter(evaluation, holder, scope)
      : (scope.lookUp(holder) ?? evaluateHolder(evaluation, holder, scope, use));
  let value: Value;
  if (ts.isArrayBindingPattern(pattern)) {
    if (element.dotDotDotToken) return unknown(use, `\`${shortText(use)}\` is the rest of an array`);
    value = memberOf(evaluation, whole, String(pattern.elements.indexOf(element)), use);
  } else if (element.dotDotDotToken) {
    // The rest has the same members but those that are named; nothing asks for those.
    return whole;
  } else {
    const name = element.propertyName ?? element.name;
    if (!ts.isIdentifier(name) && !ts.isStringLiteralLike(name))
      return unknown(use, `\`${shortText(use)}\` is not constant`);
    value = memberOf(evaluation, whole, name.text, use);
  }
  if (value.kind === "constant" && value.value === undefined && element.initializer) {
    return evaluate(evaluation, element.initializer, scope);
  }
  return value;
}

function evaluateHolder(evaluation: Evaluation, holder: ts.VariableDeclaration, scope: Scope, use: ts.Node): Value {
  return holder.initializer
    ? evaluate(evaluation, holder.initializer, scope)
    : evaluateVariable(evaluation, holder, scope, use);
}

function evaluateEnum(evaluation: Evaluation, declaration: ts.EnumDeclaration): Value {
  const properties = new Map<string, Slot>();
  let next: number | null = 0;
  for (const member of declaration.members) {
    const name = ts.isIdentifier(member.name) || ts.isStringLiteralLike(member.name) ? member.name.text : null;
    if (name === null) continue;
    let value: Value;
    if (member.initializer) {
      value = evaluateEnumInitializer(evaluation, member.initializer, properties);
      next = value.kind === "constant" && typeof value.value === "number" ? value.value + 1 : null;
    } else if (next !== null) {
      value = { kind: "constant", value: next++, node: member };
    } else {
      value = unknown(member, `\`${name}\` has no constant value`);
    }
    properties.set(name, { value, node: member.initializer ?? member, nameNode: member.name });
  }
  return { kind: "object", properties, rest: null, node: declaration };
}

/** Members can name earlier ones without the enum's name. */
function evaluateEnumInitializer(
  evaluation: Evaluation,
  node: ts.Expression,
  before: ReadonlyMap<string, Slot>,
): Value {
  if (ts.isIdentifier(node)) {
    const earlier = before.get(node.text);
    if (earlier) return earlier.value;
  }
  return evaluate(evaluation, node, Scope.empty);
}

function evaluateNamespace(evaluation: Evaluation, declaration: ts.ModuleDeclaration, use: ts.Node): Value {
  const symbol = ts.isIdentifier(declaration.name)
    ? evaluation.checker.getSymbolAtLocation(declaration.name)
    : undefined;
  const properties = new Map<string, Slot>();
  symbol?.exports?.forEach((member, name) => {
    const inner = member.valueDeclaration;
    if (inner)
      properties.set(String(name), { value: evaluateDeclaration(evaluation, inner, Scope.empty, use), node: inner });
  });
  return { kind: "object", properties, rest: null, node: declaration };
}
