import { ts } from "ts-morph";
import { bindArguments, evaluateArguments } from "../../1-source/evaluate/evaluate-call.js";
import { evaluate, shortText } from "../../1-source/evaluate/evaluate.js";
import type { FunctionNode, FunctionValue, Value } from "../../1-source/evaluate/value.js";
import { spanOf, type Reading } from "../reading.js";
import { isGroupObject, isStepObject, stepToolOf } from "../readers/step-value.js";
import { argumentsOf, calledFunctions, namedCallback } from "./called-functions.js";
import * as forms from "./code-forms.js";
import { applySummary, summarise } from "./function-summary.js";
import { Guards } from "./guards.js";
import { Hazards } from "./hazards.js";
import type { KnownCalls } from "./known-calls.js";
import { changesWithProcess } from "./module-state.js";
import type { Place } from "./place.js";
import { sourceOfCall, sourceOfNew, type Source } from "./source-of.js";
import { clean, intoField, join, ofField, withoutAnswers, withoutContents, type Origin, type Taint } from "./taint.js";
import { Variables } from "./variables.js";

const mutators = new Set(["push", "unshift", "splice", "set", "add", "append", "fill"]);
const maxFrames = 8;
/** Loops are walked twice, so that what the end of a turn gives reaches its beginning; deeper ones once. */
const maxRepeats = 2;

/**
 * Follows what values depend on through one function, in order of execution. It knows no types and no conditions:
 * what may flow counts as flowing.
 */
export class EffectWalk {
  readonly hazards = new Hazards();
  private readonly active: FunctionNode[] = [];
  private readonly variables: Variables;
  private readonly guards = new Guards();
  private clock = 0;
  private started = false;
  private repeats = 0;

  constructor(
    private readonly reading: Reading,
    private readonly root: FunctionNode,
    private readonly calls: KnownCalls | null,
  ) {
    this.variables = new Variables(reading.evaluation);
  }

  /** `parameters` by position; those that are not given are clean. */
  functionBody(node: FunctionNode, place: Place, parameters: readonly Taint[]): Taint {
    if (this.active.includes(node)) return parameters.reduce(join, clean);
    this.active.push(node);
    node.parameters.forEach((parameter, index) => {
      const rest = parameter.dotDotDotToken ? parameters.slice(index).reduce(join, clean) : parameters[index];
      this.variables.bind(parameter.name, rest ?? clean);
    });
    this.guards.ofFunction(() => {
      if (ts.isBlock(node.body)) this.statements(node.body.statements, place);
      else place.returned.taint = join(place.returned.taint, this.result(node.body as ts.Expression, place));
    });
    this.active.pop();
    return place.returned.taint;
  }

  private statements(statements: readonly ts.Statement[], place: Place): void {
    for (const statement of statements) this.statement(statement, place);
  }

  private statement(node: ts.Statement, place: Place): void {
    switch (node.kind) {
      case ts.SyntaxKind.VariableStatement:
        return this.declarations((node as ts.VariableStatement).declarationList, place);
      case ts.SyntaxKind.ExpressionStatement:
      case ts.SyntaxKind.ThrowStatement:
        this.expression((node as ts.ExpressionStatement).expression, place);
        return;
      case ts.SyntaxKind.Block:
        return this.statements((node as ts.Block).statements, place);
      case ts.SyntaxKind.ReturnStatement: {
        const { expression } = node as ts.ReturnStatement;
        if (expression) place.returned.taint = join(place.returned.taint, this.result(expression, place));
        return;
      }
      case ts.SyntaxKind.IfStatement: {
        const { expression, thenStatement, elseStatement } = node as ts.IfStatement;
        const taint = this.expression(expression, place);
        this.guards.within(taint, forms.endOf(thenStatement), () => this.statement(thenStatement, place));
        if (elseStatement)
          this.guards.within(taint, forms.endOf(elseStatement), () => this.statement(elseStatement, place));
        return;
      }
      case ts.SyntaxKind.SwitchStatement: {
        const { expression, caseBlock } = node as ts.SwitchStatement;
        const taint = this.expression(expression, place);
        this.guards.within(taint, null, () => {
          for (const clause of caseBlock.clauses) this.statements(clause.statements, place);
        });
        return;
      }
      case ts.SyntaxKind.ForOfStatement:
      case ts.SyntaxKind.ForInStatement: {
        const { initializer, expression, statement } = node as ts.ForOfStatement;
        const taint = this.expression(expression, place);
        return this.loop(withoutContents(taint), () => {
          if (ts.isVariableDeclarationList(initializer)) {
            for (const { name } of initializer.declarations) this.variables.bind(name, taint);
          }
          this.statement(statement, place);
        });
      }
      case ts.SyntaxKind.ForStatement: {
        const { initializer, condition, incrementor, statement } = node as ts.ForStatement;
        if (initializer && ts.isVariableDeclarationList(initializer)) this.declarations(initializer, place);
        else if (initializer) this.expression(initializer, place);
        const taint = condition ? this.expression(condition, place) : clean;
        return this.loop(taint, () => {
          this.statement(statement, place);
          if (incrementor) this.expression(incrementor, place);
          if (condition) this.expression(condition, place);
        });
      }
      case ts.SyntaxKind.WhileStatement:
      case ts.SyntaxKind.DoStatement: {
        const { expression, statement } = node as ts.WhileStatement;
        const taint = this.expression(expression, place);
        return this.loop(taint, () => this.statement(statement, place));
      }
      case ts.SyntaxKind.TryStatement: {
        const { tryBlock, catchClause, finallyBlock } = node as ts.TryStatement;
        this.statements(tryBlock.statements, place);
        if (catchClause) this.statements(catchClause.block.statements, place);
        if (finallyBlock) this.statements(finallyBlock.statements, place);
        return;
      }
      case ts.SyntaxKind.LabeledStatement:
        return this.statement((node as ts.LabeledStatement).statement, place);
      default:
        // Declarations of functions and classes run where they are called.
        return;
    }
  }

  private loop(taint: Taint, turn: () => void): void {
    this.guards.within(taint, null, () => {
      turn();
      if (this.repeats >= maxRepeats) return;
      this.repeats++;
      turn();
      this.repeats--;
    });
  }

  private declarations(list: ts.VariableDeclarationList, place: Place): void {
    for (const { name, initializer } of list.declarations) {
      if (!initializer) continue;
      const parts = ts.isArrayBindingPattern(name) ? forms.elementsOf(initializer) : null;
      if (parts && ts.isArrayBindingPattern(name)) {
        // `const [user, order] = await Promise.all([…, …])`
        const taints = parts.map((part) => this.expression(part, place));
        this.settle();
        name.elements.forEach((element, index) => {
          if (ts.isBindingElement(element)) this.variables.bind(element.name, taints[index] ?? clean);
        });
      } else {
        this.variables.bind(name, this.expression(initializer, place));
      }
    }
  }

  private result(expression: ts.Expression, place: Place): Taint {
    const taint = this.expression(expression, place);
    if (place.main) {
      this.hazards.reach(taint, this.clock, { as: "result", span: spanOf(this.reading, expression), tool: null }, null);
    }
    return taint;
  }

  private expression(node: ts.Node, place: Place): Taint {
    switch (node.kind) {
      case ts.SyntaxKind.Identifier:
        return this.identifier(node as ts.Identifier, place);
      case ts.SyntaxKind.StringLiteral:
      case ts.SyntaxKind.NumericLiteral:
      case ts.SyntaxKind.NoSubstitutionTemplateLiteral:
      case ts.SyntaxKind.ArrowFunction:
      case ts.SyntaxKind.FunctionExpression:
      case ts.SyntaxKind.ClassExpression:
      // Of an object: executed when it is called, not where it is written.
      case ts.SyntaxKind.MethodDeclaration:
      case ts.SyntaxKind.GetAccessor:
      case ts.SyntaxKind.SetAccessor:
        return clean;
      case ts.SyntaxKind.AwaitExpression: {
        const taint = this.expression((node as ts.AwaitExpression).expression, place);
        this.settle();
        return taint;
      }
      case ts.SyntaxKind.CallExpression:
      case ts.SyntaxKind.TaggedTemplateExpression:
        return this.call(node as ts.CallExpression | ts.TaggedTemplateExpression, place);
      case ts.SyntaxKind.NewExpression: {
        const source = sourceOfNew(this.reading, node as ts.NewExpression, place.scope);
        if (source) return [this.origin(source, node, place)];
        return ((node as ts.NewExpression).arguments ?? [])
          .map((each) => this.expression(each, place))
          .reduce(join, clean);
      }
      case ts.SyntaxKind.PropertyAccessExpression: {
        const { expression, name } = node as ts.PropertyAccessExpression;
        if (expression.kind === ts.SyntaxKind.PropertyAccessExpression && forms.isEnvironment(expression)) {
          return [this.origin({ kind: "environment", name: node.getText() }, node, place)];
        }
        return ofField(this.expression(expression, place), name.text);
      }
      case ts.SyntaxKind.ConditionalExpression: {
        const { condition, whenTrue, whenFalse } = node as ts.ConditionalExpression;
        const taint = this.expression(condition, place);
        let both = taint;
        this.guards.within(taint, null, () => {
          both = join(both, join(this.expression(whenTrue, place), this.expression(whenFalse, place)));
        });
        return both;
      }
      case ts.SyntaxKind.BinaryExpression:
        return this.binary(node as ts.BinaryExpression, place);
      case ts.SyntaxKind.PropertyAssignment: {
        const { name, initializer } = node as ts.PropertyAssignment;
        return intoField(this.expression(initializer, place), name.getText());
      }
      default: {
        let taint = clean;
        ts.forEachChild(node, (child) => {
          if (!ts.isTypeNode(child)) taint = join(taint, this.expression(child, place));
        });
        return taint;
      }
    }
  }

  private identifier(node: ts.Identifier, place: Place): Taint {
    const { text } = node;
    if (!this.variables.mayHold(text) && !forms.isTopLevelName(node)) return clean;
    const declaration = this.variables.declarationOf(node);
    const taint = declaration && this.variables.get(declaration);
    if (taint || !declaration) return taint ?? clean;
    return changesWithProcess(this.reading.evaluation, declaration)
      ? [this.origin({ kind: "state", name: text }, node, place)]
      : clean;
  }

  private binary(node: ts.BinaryExpression, place: Place): Taint {
    const { left, operatorToken, right } = node;
    const operator = operatorToken.kind;
    if (operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment) {
      const given = this.expression(right, place);
      const isPlain = operator === ts.SyntaxKind.EqualsToken;
      const taint = isPlain ? given : join(given, this.expression(left, place));
      this.variables.assign(left, isPlain && this.guards.none, taint);
      return taint;
    }
    const before = this.expression(left, place);
    if (!forms.isDeciding(operator)) return join(before, this.expression(right, place));
    let after = clean;
    this.guards.within(before, null, () => (after = this.expression(right, place)));
    return join(before, after);
  }

  // ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private call(node: ts.CallExpression | ts.TaggedTemplateExpression, place: Place): Taint {
    const called = ts.isCallExpression(node) ? node.expression : node.tag;
    const callee = this.calls?.callees.get(node) ?? evaluate(this.reading.evaluation, called, place.scope);
    if (!ts.isCallExpression(node)) {
      const source = sourceOfCall(callee, node);
      return source ? [this.origin(source, node, place)] : this.expression(node.template, place);
    }
    const tool = stepToolOf(callee);
    if (tool !== null) return this.step(node, tool, place);
    if (callee.kind === "member" && (isStepObject(callee.object) || isGroupObject(callee.object))) {
      for (const argument of node.arguments) this.callbacksIn(argument, place);
      return clean;
    }
    const source = sourceOfCall(callee, node);
    const given = node.arguments.map((argument) => this.expression(argument, place));
    if (source) {
      const more = source.kind === "io" ? withoutAnswers(given.reduce(join, clean)) : given.reduce(join, clean);
      return join([this.origin(source, node, place)], more);
    }
    const targets = calledFunctions(this.reading, node, callee, place.scope);
    if (targets.length === 0) return this.otherCall(node, callee, given, place);
    return targets
      .map(({ target, skipped }) => {
        const all =
          skipped === null ? target.node.parameters.map(() => given.reduce(join, clean)) : given.slice(skipped);
        return this.callFunction(target, node, all, place);
      })
      .reduce(join, clean);
  }

  private callFunction(target: FunctionValue, node: ts.CallExpression, given: readonly Taint[], place: Place): Taint {
    const makesSteps = this.calls?.makingSteps.has(node) === true && place.frames.length < maxFrames;
    if (makesSteps || this.isLocal(target.node)) {
      const args = evaluateArguments(this.reading.evaluation, node.arguments, place.scope);
      const scope = bindArguments(this.reading.evaluation, target, args);
      const frame = { callee: shortText(node.expression), span: spanOf(this.reading, node) };
      const frames = this.isLocal(target.node) ? place.frames : [...place.frames, frame];
      return this.functionBody(target.node, { scope, frames, main: false, returned: { taint: clean } }, given);
    }
    return this.summaryOf(target, node, node.expression, given, place);
  }

  private summaryOf(
    target: FunctionValue,
    node: ts.CallExpression,
    callee: ts.Expression,
    given: readonly Taint[],
    place: Place,
  ): Taint {
    return applySummary(summarise(this.reading, target), given, (origin) =>
      this.throughHelper(origin, node, callee, place),
    );
  }

  /** A method of what is known, a callback, or something that is not known at all: what goes in may come out. */
  private otherCall(node: ts.CallExpression, callee: Value, given: readonly Taint[], place: Place): Taint {
    const access = ts.isPropertyAccessExpression(node.expression) ? node.expression : null;
    const receiver = access ? this.expression(access.expression, place) : clean;
    let taint = given.reduce(join, receiver);
    for (const argument of node.arguments) {
      const named = namedCallback(this.reading, node, argument, place.scope);
      taint = join(taint, this.callback(argument, receiver, place));
      if (named) taint = join(taint, this.summaryOf(named, node, argument, [receiver], place));
    }
    if (access && mutators.has(access.name.text) && given.some((each) => each.length > 0)) {
      this.variables.assign(access.expression, false, given.reduce(join, clean));
    }
    const isPromise = callee.kind === "member" && callee.object.kind === "global" && callee.object.name === "Promise";
    if (isPromise && (callee.name === "race" || callee.name === "any") && !this.started) {
      return join([this.origin({ kind: "order", name: `Promise.${callee.name}` }, node, place)], taint);
    }
    return taint;
  }

  private callbacksIn(node: ts.Node, place: Place): void {
    if (forms.isFunctionExpression(node)) this.callback(node, clean, place);
    else ts.forEachChild(node, (child) => this.callbacksIn(child, place));
  }

  /** What a function gives that is handed to a call; its first parameter stands for an element of the receiver. */
  private callback(node: ts.Node, receiver: Taint, place: Place): Taint {
    if (!forms.isFunctionExpression(node)) return clean;
    const returned = { taint: clean };
    return this.functionBody(node, { ...place, main: false, returned }, [receiver]);
  }

  private isLocal(node: ts.Node): boolean {
    return forms.isWrittenIn(node, [this.root, ...this.active]);
  }

  // ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────────

  private step(node: ts.CallExpression, tool: NonNullable<ReturnType<typeof stepToolOf>>, place: Place): Taint {
    const [first, ...others] = node.arguments;
    const span = spanOf(this.reading, node.expression);
    const isId = first && !(others.length === 0 && tool === "fetch");
    const idNode = isId ? forms.idOf(first) : null;
    if (idNode) {
      const id = this.expression(idNode, place);
      this.hazards.reach(id, this.clock, { as: "id", span: spanOf(this.reading, idNode), tool }, null);
    }
    for (const taint of this.guards.meet()) {
      this.hazards.reach(taint, this.clock, { as: "branch", span, tool }, null);
    }
    for (const argument of others) {
      const taint = forms.isFunctionExpression(argument)
        ? this.variables.captured(argument)
        : this.expression(argument, place);
      this.hazards.reach(taint, this.clock, { as: "input", span, tool }, node);
    }
    this.started = true;
    return clean;
  }

  /** The handler goes on only when the steps that were begun have ended. */
  private settle(): void {
    if (!this.started) return;
    this.started = false;
    this.clock++;
  }

  // ── origins ──────────────────────────────────────────────────────────────────────────────────────────────────────

  private origin({ kind, name }: Source, node: ts.Node, place: Place): Origin {
    return { kind, name, node, entry: node, chain: [], through: place.frames, field: null, clock: this.clock };
  }

  private throughHelper(origin: Origin, node: ts.CallExpression, callee: ts.Expression, place: Place): Origin {
    const frame = { callee: shortText(callee), span: spanOf(this.reading, callee) };
    return { ...origin, entry: node, chain: [frame, ...origin.chain], through: place.frames, clock: this.clock };
  }
}
