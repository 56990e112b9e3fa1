import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import type { FunctionNode, FunctionValue, Value } from "../../1-source/evaluate/value.js";
import type { Scope } from "../../1-source/evaluate/scope.js";
import type { Source } from "../../1-source/open-source.js";
import { pathOf } from "../effects/source-of.js";
import type { CallFrame, Turn, UnboundedRead, UnkeyedCall } from "../model.js";
import { spanOf, type Reading } from "../reading.js";
import { keyedCalls, unboundedReads } from "./service-facts.js";
import { turnOf } from "./turns.js";

const lastNames = new Set(keyedCalls.flatMap(({ calls }) => calls.map((call) => call.split(".").at(-1) ?? call)));
const maxDepth = 4;

/** Calls in a step's callback, and in the helpers that it calls, that need a key to be made twice and have none. */
export function readUnkeyedCalls(reading: Reading, { node, scope }: FunctionValue): UnkeyedCall[] {
  if (!usesService(reading)) return [];
  const found: UnkeyedCall[] = [];
  const seen = new Set<ts.Node>();
  const follow = (fn: FunctionNode, at: Scope, chain: readonly CallFrame[], around: readonly Turn[]): void => {
    if (seen.has(fn)) return;
    seen.add(fn);
    const visit = (child: ts.Node, turns: readonly Turn[]): void => {
      if (ts.isCallExpression(child)) {
        const callee = evaluate(reading.evaluation, child.expression, at);
        const fact = isCandidate(child) ? factOf(callee) : null;
        if (fact && !hasKey(child, fact.keys)) {
          found.push({
            name: child.expression.getText(),
            example: fact.example,
            turns,
            span: spanOf(reading, child.expression),
            chain,
          });
        }
        if (callee.kind === "function" && chain.length < maxDepth) {
          const frame = { callee: child.expression.getText(), span: spanOf(reading, child.expression) };
          // What names the turns here has no name there.
          follow(callee.node, callee.scope, [...chain, frame], turns.map(withoutName));
        }
      }
      ts.forEachChild(child, (inner) => {
        const turn = turnOf(reading, child, inner);
        visit(inner, turn ? [...turns, turn] : turns);
      });
    };
    visit(fn.body, around);
  };
  follow(node, scope, [], []);
  return found;
}

const withoutName = (): Turn => ({ of: null, key: null });

function isCandidate({ expression }: ts.CallExpression): boolean {
  return ts.isPropertyAccessExpression(expression) && lastNames.has(expression.name.text);
}

function factOf(callee: Value): (typeof keyedCalls)[number] | null {
  const path = pathOf(callee);
  if (!path || path.madeBy === null) return null;
  const { module, names, madeBy } = path;
  const call = names.slice(madeBy).join(".");
  return (
    keyedCalls.find((fact) => module !== null && fact.modules.includes(module) && fact.calls.includes(call)) ?? null
  );
}

/** Also when the options are something that cannot be seen: an unknown is not guessed. */
function hasKey({ arguments: args }: ts.CallExpression, keys: readonly string[]): boolean {
  return args.some((argument, index) => {
    if (!ts.isObjectLiteralExpression(argument)) return index > 0;
    return argument.properties.some(
      (property) =>
        (index > 0 && ts.isSpreadAssignment(property)) || (property.name && keys.includes(property.name.getText())),
    );
  });
}

const services = keyedCalls.flatMap(({ modules }) => modules);
const mentioning = new WeakMap<ts.SourceFile, boolean>();
const usingServices = new WeakMap<Source, boolean>();

/** Following all calls costs; most applications use none of these. */
function usesService({ source }: Reading): boolean {
  let uses = usingServices.get(source);
  if (uses === undefined) usingServices.set(source, (uses = source.files.some(mentionsService)));
  return uses;
}

function mentionsService(file: ts.SourceFile): boolean {
  let mentions = mentioning.get(file);
  if (mentions === undefined) {
    mentions = services.some((name) => file.text.includes(`"${name}"`) || file.text.includes(`'${name}'`));
    mentioning.set(file, mentions);
  }
  return mentions;
}

/** Reads that a step returns as they are: `return db.user.findMany()`. */
export function readUnboundedReads(reading: Reading, { node }: FunctionValue): UnboundedRead[] {
  return returnedBy(node).flatMap((expression) => {
    const call = callIn(expression, node);
    if (!call || !ts.isPropertyAccessExpression(call.expression)) return [];
    const limits = unboundedReads.get(call.expression.name.text);
    if (!limits) return [];
    const [options] = call.arguments;
    if (options && !ts.isObjectLiteralExpression(options)) return [];
    const properties = options?.properties ?? [];
    const names = properties.map((property) => property.name?.getText());
    if (properties.some(ts.isSpreadAssignment) || limits.some((limit) => names.includes(limit))) return [];
    const name = call.expression.getText().replace(/\s+/g, "");
    return [
      { name, limit: limits[0] ?? "limit", filtered: names.includes("where"), span: spanOf(reading, call.expression) },
    ];
  });
}

function returnedBy(node: FunctionNode): ts.Expression[] {
  if (!ts.isBlock(node.body)) return [node.body as ts.Expression];
  const found: ts.Expression[] = [];
  const visit = (child: ts.Node): void => {
    if (ts.isReturnStatement(child) && child.expression) found.push(child.expression);
    else if (!ts.isFunctionLike(child)) ts.forEachChild(child, visit);
  };
  visit(node.body);
  return found;
}

/** The call itself, or the one that a variable of the callback got. */
function callIn(expression: ts.Expression, callback: FunctionNode): ts.CallExpression | null {
  if (ts.isAwaitExpression(expression) || ts.isParenthesizedExpression(expression)) {
    return callIn(expression.expression, callback);
  }
  if (ts.isCallExpression(expression)) return expression;
  if (!ts.isIdentifier(expression) || !ts.isBlock(callback.body)) return null;
  for (const statement of callback.body.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (ts.isIdentifier(name) && name.text === expression.text && initializer && !ts.isIdentifier(initializer)) {
        return callIn(initializer, callback);
      }
    }
  }
  return null;
}
