import { ts } from "ts-morph";
import { callFunction } from "./evaluate-call.js";
import { memberOfModule } from "./evaluate-import.js";
import { evaluate, propertyName, unknown } from "./evaluate.js";
import type { Evaluation } from "./evaluation.js";
import { evaluateParameterType } from "./parameter-type.js";
import type { Scope } from "./scope.js";
import type { ClassValue, FunctionNode, InstanceValue, Value } from "./value.js";

/** `object.name`, where `node` is the whole access. */
export function memberOf(evaluation: Evaluation, object: Value, name: string, node: ts.Node): Value {
  switch (object.kind) {
    case "object": {
      const slot = object.properties.get(name);
      if (slot) {
        const { value } = slot;
        return value.kind === "function" && value.self === null ? { ...value, self: object } : value;
      }
      if (object.rest) return object.rest;
      return { kind: "constant", value: undefined, node };
    }
    case "array": {
      if (name === "length" && !object.rest) return { kind: "constant", value: object.elements.length, node };
      const index = Number(name);
      if (Number.isInteger(index) && index >= 0) {
        const slot = object.elements[index];
        return slot ? slot.value : (object.rest ?? { kind: "constant", value: undefined, node });
      }
      return { kind: "member", object, name, node };
    }
    case "constant":
      if (typeof object.value === "string") {
        if (name === "length") return { kind: "constant", value: object.value.length, node };
        const index = Number(name);
        if (Number.isInteger(index)) return { kind: "constant", value: object.value[index], node };
      }
      return { kind: "member", object, name, node };
    case "module":
      return memberOfModule(evaluation, object.file, name, node) ?? { kind: "constant", value: undefined, node };
    case "class":
      return memberOfClass(evaluation, object, name, node);
    case "instance":
      return memberOfInstance(evaluation, object, name, node);
    case "choice": {
      const options = object.options.map((option) => memberOf(evaluation, option, name, node));
      return { kind: "choice", options, reason: object.reason, node };
    }
    case "function":
    case "external":
    case "global":
    case "input":
    case "typed":
    case "element":
    case "member":
    case "call":
    case "new":
    case "unknown":
      return { kind: "member", object, name, node };
  }
}

function memberOfClass(evaluation: Evaluation, object: ClassValue, name: string, node: ts.Node): Value {
  const scope = object.scope.with(new Map([[object.node, object]]));
  for (const member of object.node.members) {
    if (!isStatic(member) || !member.name || propertyName(evaluation, member.name, scope) !== name) continue;
    if (ts.isPropertyDeclaration(member) && member.initializer) return evaluate(evaluation, member.initializer, scope);
    if (ts.isMethodDeclaration(member) && member.body) {
      return { kind: "function", node: member as FunctionNode, scope, self: object };
    }
    if (ts.isGetAccessor(member) && member.body) {
      return callFunction(
        evaluation,
        { kind: "function", node: member as FunctionNode, scope, self: object },
        [],
        node,
      );
    }
  }
  const base = baseOf(evaluation, object);
  return base ? memberOf(evaluation, base, name, node) : { kind: "member", object, name, node };
}

/** `owner`: the class that has the member, or one that it extends; what `this` is in it is the object all the same. */
function memberOfInstance(
  evaluation: Evaluation,
  object: InstanceValue,
  name: string,
  node: ts.Node,
  owner: ClassValue = object.class,
): Value {
  const { node: declaration } = owner;
  const scope = object.scope.with(new Map<ts.Node, Value>([[declaration, object]]));
  if (evaluation.depth > 20) return unknown(node, "it is defined in terms of itself");
  evaluation.depth++;
  try {
    for (const member of declaration.members) {
      if (isStatic(member)) continue;
      if (ts.isConstructorDeclaration(member)) {
        const found = memberFromConstructor(evaluation, member, name, scope);
        if (found) return found;
        continue;
      }
      if (!member.name || propertyName(evaluation, member.name, scope) !== name) continue;
      if (ts.isPropertyDeclaration(member)) {
        if (member.initializer) return evaluate(evaluation, member.initializer, scope);
        const assigned = memberFromConstructors(evaluation, declaration, name, scope);
        if (assigned) return assigned;
        const typed = member.type && evaluateParameterType(evaluation, member.type, member);
        if (typed) return typed;
      } else if (ts.isMethodDeclaration(member) && member.body) {
        return { kind: "function", node: member as FunctionNode, scope, self: object };
      } else if (ts.isGetAccessor(member) && member.body) {
        return callFunction(
          evaluation,
          { kind: "function", node: member as FunctionNode, scope, self: object },
          [],
          node,
        );
      }
    }
  } finally {
    evaluation.depth--;
  }
  const base = baseOf(evaluation, owner);
  if (base?.kind === "class") return memberOfInstance(evaluation, object, name, node, base);
  return { kind: "member", object, name, node };
}

function memberFromConstructors(
  evaluation: Evaluation,
  declaration: ts.ClassLikeDeclaration,
  name: string,
  scope: Scope,
): Value | null {
  for (const member of declaration.members) {
    if (!ts.isConstructorDeclaration(member)) continue;
    const found = memberFromConstructor(evaluation, member, name, scope);
    if (found) return found;
  }
  return null;
}

/** `constructor(private client: Inngest)`, or `this.client = …` in its body. */
function memberFromConstructor(
  evaluation: Evaluation,
  member: ts.ConstructorDeclaration,
  name: string,
  scope: Scope,
): Value | null {
  for (const parameter of member.parameters) {
    const isProperty = (ts.getModifiers(parameter) ?? []).length > 0;
    if (!isProperty || !ts.isIdentifier(parameter.name) || parameter.name.text !== name) continue;
    return (
      scope.lookUp(parameter) ??
      (parameter.type && evaluateParameterType(evaluation, parameter.type, parameter)) ??
      unknown(parameter, `\`${name}\` is a parameter`)
    );
  }
  for (const statement of member.body?.statements ?? []) {
    if (!ts.isExpressionStatement(statement) || !ts.isBinaryExpression(statement.expression)) continue;
    const { left, right } = statement.expression;
    if (
      ts.isPropertyAccessExpression(left) &&
      left.expression.kind === ts.SyntaxKind.ThisKeyword &&
      left.name.text === name
    ) {
      return evaluate(evaluation, right, scope);
    }
  }
  return null;
}

/** What the class extends. */
export function baseOf(evaluation: Evaluation, object: ClassValue): Value | null {
  for (const clause of object.node.heritageClauses ?? []) {
    const [type] = clause.types;
    if (clause.token === ts.SyntaxKind.ExtendsKeyword && type)
      return evaluate(evaluation, type.expression, object.scope);
  }
  return null;
}

function isStatic(member: ts.ClassElement): boolean {
  return (
    ts.canHaveModifiers(member) &&
    (ts.getModifiers(member) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.StaticKeyword)
  );
}
