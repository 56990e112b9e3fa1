import { ts } from "ts-morph";
import { callBuiltIn } from "./built-in.js";
import { moduleOf } from "./evaluate-import.js";
import { describeUnknown } from "./describe.js";
import { evaluate, shortText, unknown } from "./evaluate.js";
import { maxDepth, type Evaluation } from "./evaluation.js";
import { truthOf } from "./operators.js";
import { Scope } from "./scope.js";
import type { FunctionValue, InstanceValue, Slot, Value } from "./value.js";

export function evaluateCall(evaluation: Evaluation, node: ts.CallExpression, scope: Scope): Value {
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [specifier] = node.arguments;
    return specifier ? moduleOf(evaluation, specifier, node) : unknown(node, "the module's name is missing");
  }
  if (ts.isIdentifier(node.expression) && node.expression.text === "require" && node.arguments.length === 1) {
    return evaluateRequire(evaluation, node, node.arguments[0]);
  }
  const callee = evaluate(evaluation, node.expression, scope);
  const builtIn = callBuiltIn(evaluation, callee, node, scope);
  if (builtIn) return builtIn;
  switch (callee.kind) {
    case "function":
      return callFunction(evaluation, callee, evaluateArguments(evaluation, node.arguments, scope), node);
    case "choice": {
      const terms = callee.options.filter((option) => option.kind !== "constant");
      const [only] = terms;
      if (only && only.kind === "function" && terms.length === 1) {
        return callFunction(evaluation, only, evaluateArguments(evaluation, node.arguments, scope), node);
      }
      return { kind: "call", callee, node, scope };
    }
    default:
      return { kind: "call", callee, node, scope };
  }
}

function evaluateRequire(evaluation: Evaluation, node: ts.CallExpression, specifier: ts.Expression | undefined): Value {
  if (!specifier) return unknown(node, "the module's name is missing");
  const module = moduleOf(evaluation, specifier, node);
  if (module.kind !== "module") return module;
  const exports = evaluation.checker.getSymbolAtLocation(module.file)?.exports;
  const assigned = exports?.get(ts.InternalSymbolName.ExportEquals)?.declarations?.[0];
  if (assigned && ts.isBinaryExpression(assigned)) return evaluate(evaluation, assigned.right, Scope.empty);
  return module;
}

/** Null for an argument list that has a spread of something unknown. */
export function evaluateArguments(
  evaluation: Evaluation,
  args: readonly ts.Expression[] | undefined,
  scope: Scope,
): Slot[] {
  const slots: Slot[] = [];
  for (const argument of args ?? []) {
    if (ts.isSpreadElement(argument)) {
      const spread = evaluate(evaluation, argument.expression, scope);
      if (spread.kind === "array") slots.push(...spread.elements);
      else slots.push({ value: unknown(argument, `\`${shortText(argument)}\` cannot be followed`), node: argument });
    } else {
      slots.push({ value: evaluate(evaluation, argument, scope), node: argument });
    }
  }
  return slots;
}

/** What the project's own function returns for these arguments. */
export function callFunction(
  evaluation: Evaluation,
  callee: FunctionValue,
  args: readonly Slot[],
  node: ts.Node,
): Value {
  if (evaluation.depth >= maxDepth) return unknown(node, `\`${shortText(node)}\` calls itself too deeply`);
  if (callee.node.asteriskToken) return unknown(node, `\`${shortText(node)}\` is a generator`);
  const scope = bindArguments(evaluation, callee, args);
  evaluation.depth++;
  try {
    const { body } = callee.node;
    if (!ts.isBlock(body)) return evaluate(evaluation, body as ts.Expression, scope);
    return returnedBy(evaluation, body.statements, scope) ?? { kind: "constant", value: undefined, node };
  } finally {
    evaluation.depth--;
  }
}

/** The scope of a call's body: parameters stand for arguments, defaults included. */
export function bindArguments(evaluation: Evaluation, callee: FunctionValue, args: readonly Slot[]): Scope {
  const bindings = new Map<ts.Node, Value>();
  callee.node.parameters.forEach((parameter, index) => {
    if (parameter.dotDotDotToken) {
      bindings.set(parameter, { kind: "array", elements: args.slice(index), rest: null, node: parameter });
      return;
    }
    const given = args[index]?.value;
    if (given && !(given.kind === "constant" && given.value === undefined)) {
      bindings.set(parameter, given);
    } else if (parameter.initializer) {
      bindings.set(parameter, evaluate(evaluation, parameter.initializer, callee.scope.with(bindings)));
    } else {
      bindings.set(parameter, { kind: "constant", value: undefined, node: parameter });
    }
  });
  const { self } = callee;
  // A method that was inherited stands in the class that has it.
  const { parent } = callee.node;
  if (self)
    bindings.set(self.kind !== "instance" ? self.node : ts.isClassLike(parent) ? parent : self.class.node, self);
  return callee.scope.with(bindings);
}

/** Undefined when the statements come to their end without a return. */
function returnedBy(evaluation: Evaluation, statements: readonly ts.Statement[], scope: Scope): Value | undefined {
  for (const [index, statement] of statements.entries()) {
    if (ts.isReturnStatement(statement)) {
      return statement.expression
        ? evaluate(evaluation, statement.expression, scope)
        : { kind: "constant", value: undefined, node: statement };
    }
    if (ts.isThrowStatement(statement)) return unknown(statement, "it throws");
    if (ts.isBlock(statement)) {
      const value = returnedBy(evaluation, statement.statements, scope);
      if (value) return value;
    } else if (ts.isTryStatement(statement)) {
      const value = returnedBy(evaluation, statement.tryBlock.statements, scope);
      if (value) return value;
    } else if (ts.isIfStatement(statement)) {
      const value = returnedByIf(evaluation, statement, statements.slice(index + 1), scope);
      if (value) return value;
    } else if (containsReturn(statement)) {
      return unknown(statement, "it is returned from a loop or a switch");
    }
  }
  return undefined;
}

function returnedByIf(
  evaluation: Evaluation,
  statement: ts.IfStatement,
  after: readonly ts.Statement[],
  scope: Scope,
): Value | undefined {
  const condition = evaluate(evaluation, statement.expression, scope);
  const truth = truthOf(condition);
  if (truth !== null) {
    const taken = truth ? statement.thenStatement : statement.elseStatement;
    return taken && returnedBy(evaluation, [taken], scope);
  }
  if (!containsReturn(statement)) return undefined;
  const options: Value[] = [];
  for (const branch of [[statement.thenStatement], statement.elseStatement ? [statement.elseStatement] : [], after]) {
    const value = returnedBy(evaluation, branch, scope);
    if (value) options.push(value);
  }
  return { kind: "choice", options, reason: describeUnknown(condition), node: statement };
}

function containsReturn(node: ts.Node): boolean {
  if (ts.isReturnStatement(node)) return true;
  if (ts.isFunctionLike(node) || ts.isClassLike(node)) return false;
  return ts.forEachChild(node, (child) => containsReturn(child) || undefined) ?? false;
}

export function evaluateNew(evaluation: Evaluation, node: ts.NewExpression, scope: Scope): Value {
  const callee = evaluate(evaluation, node.expression, scope);
  if (callee.kind !== "class") return { kind: "new", callee, node, scope };
  const instance: InstanceValue = { kind: "instance", class: callee, scope: callee.scope, node };
  const constructor = callee.node.members.find(
    (member): member is ts.ConstructorDeclaration => ts.isConstructorDeclaration(member) && member.body !== undefined,
  );
  if (!constructor) return instance;
  const slots = evaluateArguments(evaluation, node.arguments, scope);
  const bindings = new Map<ts.Node, Value>();
  constructor.parameters.forEach((parameter, index) => {
    const given = slots[index]?.value;
    if (given) bindings.set(parameter, given);
    else if (parameter.initializer) bindings.set(parameter, evaluate(evaluation, parameter.initializer, callee.scope));
  });
  return { ...instance, scope: callee.scope.with(bindings) };
}
