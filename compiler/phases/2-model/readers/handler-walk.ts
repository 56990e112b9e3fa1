import { ts } from "ts-morph";
import { bindArguments, evaluateArguments } from "../../1-source/evaluate/evaluate-call.js";
import { evaluate, shortText } from "../../1-source/evaluate/evaluate.js";
import type { Scope } from "../../1-source/evaluate/scope.js";
import { nameInOurs, type FunctionNode, type FunctionValue, type Value } from "../../1-source/evaluate/value.js";
import type { CallFrame, HandlerModel, StepGroup, StepNode } from "../model.js";
import { spanOf, type Reading } from "../reading.js";
import { mayEndEarly } from "./early-end.js";
import { promiseUseOf, type Awaited } from "./awaited.js";
import {
  awaitsInPlace,
  endsEarly,
  fallsThrough,
  isFunctionExpression,
  isPlain,
  isPlainPlace,
  isTimer,
} from "./handler-forms.js";
import { isControlPlace } from "./control-places.js";
import { usesGlobalStep } from "./global-step.js";
import { groupStarted, type WalkedStatement } from "./group-started.js";
import { besideEachOther, branchesOf, branchOf } from "./step-groups.js";
import { readStep } from "./step.js";
import { readStepBody } from "./step-body.js";
import { holdsStep, isGroupObject, isStepObject, stepToolOf } from "./step-value.js";

/** Where the walk is: which calls led here, and what becomes of what the function around gives. */
export interface Position {
  readonly scope: Scope;
  readonly frames: readonly CallFrame[];
  readonly use: Awaited;
  /** The code there may be left, or not be executed at all, without a branch of the graph that says so. */
  readonly optional: boolean;
}

const maxFrames = 12;
const iterations = new Set(["map", "flatMap", "forEach", "filter", "some", "every", "find", "reduce"]);

/** Follows one handler in the order in which it executes, into the helpers that make steps. */
export class HandlerWalk {
  readonly escapes: HandlerModel["escapes"][number][] = [];
  /** What each call outside of other functions calls. */
  readonly callees = new Map<ts.Node, Value>();
  /** Calls of the project's functions that make steps. */
  readonly makingSteps = new Set<ts.Node>();
  /** The project's functions that were followed, for the hash. */
  readonly followed: FunctionNode[] = [];
  private readonly active: FunctionNode[] = [];
  private readonly inlined = new Set<ts.Node>();
  /** The variable in which the promise of a step that runs on is kept. */
  private readonly kept = new Map<StepNode, string>();
  /** Statements with steps in them, up to which the handler's code is hashed. */
  readonly places: ts.Node[] = [];
  private place: ts.Node;
  /** What the steps execute. */
  readonly bodies: ts.Node[] = [];

  constructor(
    readonly reading: Reading,
    readonly functionIndex: number,
    private readonly root: FunctionNode,
  ) {
    this.place = root.body;
  }

  body(node: FunctionNode, scope: Scope): StepNode[] {
    return this.functionBody(node, { scope, frames: [], use: "yes", optional: false });
  }

  /** Gives the body's index in `HandlerModel.bodies`. */
  noteBody(callback: ts.Node): number {
    return this.bodies.push(callback) - 1;
  }

  /** Gives the index in `places` of the statement that is being walked. */
  notePlace(): number {
    const known = this.places.indexOf(this.place);
    return known >= 0 ? known : this.places.push(this.place) - 1;
  }

  private functionBody(node: FunctionNode, outer: Position): StepNode[] {
    if (this.active.includes(node)) return [];
    // What is left early goes on where it was called; the handler itself ends.
    const position = this.active.length > 0 && mayEndEarly(node) ? { ...outer, optional: true } : outer;
    this.active.push(node);
    const steps = ts.isBlock(node.body)
      ? this.statements(node.body.statements, position)
      : this.walk(node.body, position);
    this.active.pop();
    return steps;
  }

  private statements(statements: readonly ts.Statement[], position: Position): StepNode[] {
    const walked: WalkedStatement[] = [];
    const around = this.place;
    for (const [index, statement] of statements.entries()) {
      if (isControlPlace(statement, this.root)) this.place = statement;
      if (ts.isIfStatement(statement) && !statement.elseStatement && endsEarly(statement.thenStatement)) {
        const then = this.walk(statement.thenStatement, position);
        if (then.length > 0) {
          // `if (…) { …; return }`: what follows is the other alternative.
          const condition = this.walk(statement.expression, position);
          const after = this.statements(statements.slice(index + 1), position);
          walked.push({ statement, nodes: [...condition, branchOf(this.reading, statement, [then, after], [true])] });
          break;
        }
      }
      walked.push({ statement, nodes: this.walk(statement, position) });
    }
    this.place = around;
    return groupStarted(walked, this.kept, (node) => spanOf(this.reading, node));
  }

  private walk(node: ts.Node, position: Position): StepNode[] {
    switch (node.kind) {
      case ts.SyntaxKind.Block:
        return this.statements((node as ts.Block).statements, position);
      case ts.SyntaxKind.IfStatement: {
        const { expression, thenStatement, elseStatement } = node as ts.IfStatement;
        const alternatives = [
          this.walk(thenStatement, position),
          elseStatement ? this.walk(elseStatement, position) : [],
        ];
        const leaves = [endsEarly(thenStatement), elseStatement !== undefined && endsEarly(elseStatement)];
        return [...this.walk(expression, position), ...branchesOf(this.reading, node, alternatives, leaves)];
      }
      case ts.SyntaxKind.ConditionalExpression: {
        const { condition, whenTrue, whenFalse } = node as ts.ConditionalExpression;
        const alternatives = [this.walk(whenTrue, position), this.walk(whenFalse, position)];
        return [...this.walk(condition, position), ...branchesOf(this.reading, node, alternatives)];
      }
      case ts.SyntaxKind.BinaryExpression: {
        const { left, operatorToken, right } = node as ts.BinaryExpression;
        const before = this.walk(left, position);
        const after = this.walk(right, position);
        const isOptional =
          operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken ||
          operatorToken.kind === ts.SyntaxKind.BarBarToken ||
          operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken;
        return isOptional ? [...before, ...branchesOf(this.reading, node, [after, []])] : [...before, ...after];
      }
      case ts.SyntaxKind.SwitchStatement: {
        const { expression, caseBlock } = node as ts.SwitchStatement;
        const alternatives = caseBlock.clauses.map((clause) => this.statements(clause.statements, position));
        if (fallsThrough(caseBlock)) {
          const each = alternatives.flatMap((nodes) => branchesOf(this.reading, node, [nodes, []]));
          return [...this.walk(expression, position), ...each];
        }
        return [...this.walk(expression, position), ...branchesOf(this.reading, node, alternatives)];
      }
      case ts.SyntaxKind.TryStatement: {
        const { tryBlock, catchClause, finallyBlock } = node as ts.TryStatement;
        return [
          ...this.walk(tryBlock, catchClause ? { ...position, optional: true } : position),
          ...(catchClause ? branchesOf(this.reading, catchClause, [this.walk(catchClause.block, position), []]) : []),
          ...(finallyBlock ? this.walk(finallyBlock, position) : []),
        ];
      }
      case ts.SyntaxKind.ForStatement: {
        const { initializer, condition, incrementor, statement } = node as ts.ForStatement;
        const turn = [condition, statement, incrementor].flatMap((part) => (part ? this.walk(part, position) : []));
        return [...(initializer ? this.walk(initializer, position) : []), ...this.loop(node, turn)];
      }
      case ts.SyntaxKind.ForOfStatement:
      case ts.SyntaxKind.ForInStatement: {
        const { expression, statement } = node as ts.ForOfStatement;
        return [...this.walk(expression, position), ...this.loop(node, this.walk(statement, position))];
      }
      case ts.SyntaxKind.WhileStatement:
      case ts.SyntaxKind.DoStatement: {
        const { expression, statement } = node as ts.WhileStatement;
        return this.loop(node, [...this.walk(expression, position), ...this.walk(statement, position)]);
      }
      case ts.SyntaxKind.LabeledStatement:
        return this.walk((node as ts.LabeledStatement).statement, { ...position, optional: true });
      case ts.SyntaxKind.CallExpression:
        return this.call(node as ts.CallExpression, position);
      case ts.SyntaxKind.ArrowFunction:
      case ts.SyntaxKind.FunctionExpression:
      case ts.SyntaxKind.FunctionDeclaration:
      case ts.SyntaxKind.MethodDeclaration:
      case ts.SyntaxKind.ClassDeclaration:
      case ts.SyntaxKind.ClassExpression:
      case ts.SyntaxKind.TypeAliasDeclaration:
      case ts.SyntaxKind.InterfaceDeclaration:
        // Executed where it is called, if it is.
        return [];
      default: {
        const found: StepNode[] = [];
        ts.forEachChild(node, (child) => {
          if (!ts.isTypeNode(child)) found.push(...this.walk(child, position));
        });
        return found;
      }
    }
  }

  private call(call: ts.CallExpression, position: Position): StepNode[] {
    const callee = evaluate(this.reading.evaluation, call.expression, position.scope);
    this.callees.set(call, callee);
    const tool = stepToolOf(callee);
    if (tool !== null) {
      const before = call.arguments.flatMap((argument) => this.walk(argument, position));
      const { use, keptIn } = promiseUseOf(call);
      const awaited = use === "returned" || use === "yes" ? position.use : use;
      const body = readStepBody(this.reading, call, tool, position.scope);
      const nested = [body.callback, body.rollback].flatMap((part) => (part ? this.callback(part, position) : []));
      for (const part of [body.callback, body.rollback]) if (part) this.reading.code.noteBody(part);
      const waited =
        awaited === "yes" || (awaited === "later" && keptIn !== null && !position.optional && isPlainPlace(call));
      const reached = !waited ? "apart" : position.optional ? "maybe" : "always";
      const step = readStep(this, call, tool, position, awaited, reached, nested, body);
      if (awaited === "later" && keptIn !== null) this.kept.set(step, keptIn);
      return [...before, step];
    }
    if (callee.kind === "member" && callee.object.kind === "global" && callee.object.name === "Promise") {
      if (callee.name === "all" || callee.name === "allSettled") return this.parallel(call, "parallel", position);
      // The first that succeeds is enough.
      if (callee.name === "any") return this.parallel(call, "parallel", { ...position, optional: true });
      if (callee.name === "race") return this.parallel(call, "race", position);
    }
    if (callee.kind === "member" && isGroupObject(callee.object) && callee.name === "parallel") {
      return this.callback(call.arguments.at(-1), position);
    }
    if (callee.kind === "member" && isGroupObject(callee.object) && callee.name === "experiment")
      return this.experiment(call, position);
    if (callee.kind === "member" && isStepObject(callee.object) && callee.name === "race")
      return this.stepRace(call, position);
    if (ts.isPropertyAccessExpression(call.expression) && iterations.has(call.expression.name.text)) {
      const [callback] = call.arguments;
      if (callback) return this.iteration(call, call.expression, callback, position);
    }
    return this.otherCall(call, callee, position);
  }

  /** `Promise.all([…])`: each element is a child; what is mapped is a loop whose turns overlap. */
  private parallel(call: ts.CallExpression, kind: "parallel" | "race", position: Position): StepNode[] {
    const [argument] = call.arguments;
    if (!argument) return [];
    if (!ts.isArrayLiteralExpression(argument)) return this.walk(argument, position);
    // `[await step.run(…), …]`: what follows in the list is begun after it.
    if (argument.elements.some(awaitsInPlace)) return this.walk(argument, position);
    const children = argument.elements
      .map((element) => this.walk(element, position))
      .filter((nodes) => nodes.length > 0);
    if (children.length === 0) return [];
    return [{ kind, ...besideEachOther(this.reading, call, children) }];
  }

  private stepRace(call: ts.CallExpression, position: Position): StepNode[] {
    const alternatives = call.arguments[1];
    if (!alternatives || !ts.isObjectLiteralExpression(alternatives)) return [];
    const children = this.callbacksIn(alternatives, position).filter((nodes) => nodes.length > 0);
    return [{ kind: "race", cancelsLosers: true, ...besideEachOther(this.reading, call, children) }];
  }

  /** A step chooses, and one of the variants is run. */
  private experiment(call: ts.CallExpression, position: Position): StepNode[] {
    const { use } = promiseUseOf(call);
    const awaited = use === "returned" || use === "yes" ? position.use : use;
    const reached = awaited !== "yes" ? "apart" : position.optional ? "maybe" : "always";
    const choice = readStep(this, call, "run", position, awaited, reached, [], { callback: null, rollback: null });
    const options = call.arguments[1] && evaluate(this.reading.evaluation, call.arguments[1], position.scope);
    const variants = options?.kind === "object" ? options.properties.get("variants")?.node : undefined;
    if (!variants || !ts.isObjectLiteralExpression(variants)) return [choice];
    return [choice, ...branchesOf(this.reading, call, this.callbacksIn(variants, position))];
  }

  /** The steps of each function in `{ a: () => …, b: () => … }`. */
  private callbacksIn({ properties }: ts.ObjectLiteralExpression, position: Position): StepNode[][] {
    return properties.map((property) =>
      this.callback(ts.isPropertyAssignment(property) ? property.initializer : undefined, position),
    );
  }

  private iteration(
    call: ts.CallExpression,
    access: ts.PropertyAccessExpression,
    callback: ts.Expression,
    position: Position,
  ): StepNode[] {
    const before = this.walk(access.expression, position);
    const isAsync =
      ts.isArrowFunction(callback) &&
      (ts.getModifiers(callback) ?? []).some((m) => m.kind === ts.SyntaxKind.AsyncKeyword);
    const { use, keptIn } = promiseUseOf(call);
    // Nobody waits for what the callback of `forEach` gives.
    const turnUse = access.name.text === "forEach" ? "no" : use === "yes" || use === "returned" ? position.use : use;
    const turn = this.callback(callback, { ...position, use: turnUse });
    if (turn.length === 0) return before;
    const concurrent =
      access.name.text !== "reduce" &&
      (isAsync || access.name.text === "map" || access.name.text === "flatMap" || access.name.text === "forEach");
    const loop: StepGroup = { kind: "loop", children: turn, concurrent, span: spanOf(this.reading, call) };
    if (turnUse === "later" && keptIn !== null) this.kept.set(loop, keptIn);
    return [...before, loop];
  }

  private otherCall(call: ts.CallExpression, callee: Value, position: Position): StepNode[] {
    const found = this.walk(call.expression, position);
    const target = callee.kind === "choice" ? callee.options.find((option) => option.kind === "function") : callee;
    const follow = target?.kind === "function" && this.isWorthFollowing(target, call, position) ? target : null;
    for (const argument of call.arguments) {
      if (!isFunctionExpression(argument)) found.push(...this.walk(argument, position));
    }
    if (follow) {
      const steps = this.follow(follow, call, position);
      if (steps.length > 0) this.makingSteps.add(call);
      found.push(...steps);
    }
    const { use } = promiseUseOf(call);
    const isChain =
      ts.isPropertyAccessExpression(call.expression) &&
      ["then", "catch", "finally"].includes(call.expression.name.text);
    for (const argument of call.arguments) {
      // A callback that the followed function did not call, or that goes where nothing can be seen.
      if (isFunctionExpression(argument) && !this.inlined.has(argument)) {
        const awaited = use === "yes" || use === "returned" ? position.use : use;
        const inner = isChain ? awaited : isTimer(callee) ? "no" : "unknown";
        found.push(...this.callback(argument, { ...position, use: inner, optional: true }));
      } else if (!follow && isPlain(argument)) {
        this.noteEscape(argument, callee, position);
      }
    }
    return found;
  }

  /** The steps of a function value that is called once, here. */
  private callback(node: ts.Expression | undefined, position: Position): StepNode[] {
    if (!node) return [];
    const value = evaluate(this.reading.evaluation, node, position.scope);
    if (value.kind !== "function") return [];
    this.inlined.add(value.node);
    if (!isFunctionExpression(node) && !this.isWorthFollowing(value, null, position)) return [];
    if (!this.isLocal(value.node)) this.noteFollowed(value.node);
    return this.functionBody(value.node, { ...position, scope: value.scope.isEmpty ? position.scope : value.scope });
  }

  private isWorthFollowing(target: FunctionValue, call: ts.CallExpression | null, position: Position): boolean {
    if (position.frames.length >= maxFrames || this.active.includes(target.node)) return false;
    if (this.isLocal(target.node)) return true;
    if (target.self && holdsStep(target.self)) return true;
    if (target.self?.kind === "instance" && this.instanceHoldsStep(target.self.scope)) return true;
    if (usesGlobalStep(this.reading, target.node.getSourceFile())) return true;
    if (!call) return false;
    return call.arguments.some((argument) => {
      if (isFunctionExpression(argument)) return true;
      const value = isPlain(argument) ? evaluate(this.reading.evaluation, argument, position.scope) : null;
      return value !== null && (holdsStep(value) || (value.kind === "function" && this.isLocal(value.node)));
    });
  }

  private instanceHoldsStep(scope: Scope): boolean {
    return scope.some(holdsStep);
  }

  /** Written inside the handler, or inside a function that was followed from it. */
  private isLocal(node: ts.Node): boolean {
    for (let current: ts.Node = node.parent; current; current = current.parent) {
      if (current === this.root || this.active.some((fn) => fn === current)) return true;
    }
    return false;
  }

  private follow(target: FunctionValue, call: ts.CallExpression, position: Position): StepNode[] {
    this.noteFollowed(target.node);
    const args = evaluateArguments(this.reading.evaluation, call.arguments, position.scope);
    const scope = bindArguments(this.reading.evaluation, target, args);
    const { use } = promiseUseOf(call);
    const frame: CallFrame = { callee: shortText(call.expression), span: spanOf(this.reading, call) };
    this.inlined.add(target.node);
    return this.functionBody(target.node, {
      scope,
      frames: [...position.frames, frame],
      use: use === "yes" || use === "returned" ? position.use : use,
      optional: position.optional,
    });
  }

  private noteFollowed(node: FunctionNode): void {
    if (!this.isLocal(node) && !this.followed.includes(node)) this.followed.push(node);
  }

  private noteEscape(argument: ts.Expression, callee: Value, position: Position): void {
    const value = evaluate(this.reading.evaluation, argument, position.scope);
    if (!holdsStep(value) || nameInOurs(callee) !== null) return;
    this.escapes.push({
      reason: `\`${shortText(argument)}\` goes to \`${shortText(callee.node)}\`, which cannot be followed`,
      span: spanOf(this.reading, argument),
    });
  }

  private loop(node: ts.Node, turn: readonly StepNode[]): StepNode[] {
    if (turn.length === 0) return [];
    const concurrent = turn.some((child) => this.kept.has(child));
    return [{ kind: "loop", children: turn, concurrent, span: spanOf(this.reading, node) }];
  }
}
