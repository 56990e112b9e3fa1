import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import type { Value } from "../../1-source/evaluate/value.js";
import type { HazardKind } from "../model.js";
import type { Reading } from "../reading.js";
import { globalFacts, packageFacts, type PackageFact } from "./package-facts.js";

export interface Source {
  readonly kind: HazardKind;
  /** As the program calls it, without arguments: `crypto.randomUUID`, `db.select`. */
  readonly name: string;
}

/** What a call gives another value for each time, when it is a function that the facts know. */
export function sourceOfCall(callee: Value, node: ts.CallExpression | ts.TaggedTemplateExpression): Source | null {
  const path = pathOf(callee);
  if (!path) return null;
  const called = ts.isCallExpression(node) ? node.expression : node.tag;
  const hasArguments = ts.isCallExpression(node) && node.arguments.length > 0;
  const kind = path.module === null ? kindOfGlobal(path.names) : kindInPackage(path.module, path, hasArguments);
  return kind && { kind, name: nameOfCall(called) };
}

/** `new Date()`, `new ObjectId()`. */
export function sourceOfNew(reading: Reading, node: ts.NewExpression, scope: Scope): Source | null {
  if ((node.arguments?.length ?? 0) > 0) return null;
  if (ts.isIdentifier(node.expression) && node.expression.text === "Date") return { kind: "time", name: "new Date()" };
  const path = pathOf(evaluate(reading.evaluation, node.expression, scope));
  if (!path || path.module === null) return null;
  const { module } = path;
  const text = `new ${path.names.join(".")}`;
  const fact = factsOf(module).find(({ calls }) => calls?.includes(text));
  return fact ? { kind: fact.kind, name: `new ${node.expression.getText()}()` } : null;
}

/** How a value is reached from the package, or the global, that it comes from. */
export interface Path {
  /** Null for a global. */
  readonly module: string | null;
  readonly names: readonly string[];
  /** How many of the names lie before the last call or `new` on the way; null when there is none. */
  readonly madeBy: number | null;
}

/** Methods of a function, and those that wait for what it gives. */
const passed = new Set(["bind", "call", "apply", "then", "catch", "finally"]);

export function pathOf(value: Value, depth = 0): Path | null {
  if (depth > 12) return null;
  switch (value.kind) {
    case "external": {
      if (value.ours) return null;
      const names = value.name === "*" || value.name === "default" ? [] : [value.name];
      return { module: value.module.replace(/^node:/, ""), names, madeBy: null };
    }
    case "global":
      return { module: null, names: value.name === "globalThis" ? [] : [value.name], madeBy: null };
    case "member": {
      const inner = pathOf(value.object, depth + 1);
      // `import x from "m"; x.default` is the module as CommonJS gives it.
      if (inner && passed.has(value.name)) return null;
      if (!inner || (value.name === "default" && inner.names.length === 0)) return inner;
      return { ...inner, names: [...inner.names, value.name] };
    }
    case "call":
    case "new": {
      const inner = pathOf(value.callee, depth + 1);
      // What a client has answered is data.
      if (inner && inner.madeBy !== null && ts.isAwaitExpression(value.node.parent)) return null;
      return inner && { ...inner, madeBy: inner.madeBy ?? inner.names.length };
    }
    case "instance":
      return null;
    case "choice":
      for (const option of value.options) {
        const path = pathOf(option, depth + 1);
        if (path && path.module !== null) return path;
      }
      return null;
    case "typed":
      return value.ours ? null : { module: value.module, names: [value.name], madeBy: 1 };
    default:
      return null;
  }
}

function kindOfGlobal(names: readonly string[]): HazardKind | null {
  const name = names.join(".");
  return Object.hasOwn(globalFacts, name) ? (globalFacts[name] ?? null) : null;
}

function kindInPackage(module: string, { names, madeBy }: Path, hasArguments: boolean): HazardKind | null {
  for (const fact of factsOf(module)) {
    if (madeBy === null ? isCalled(fact, names, hasArguments) : isClientUse(fact, names, madeBy)) return fact.kind;
  }
  return null;
}

function isCalled({ calls, pure }: PackageFact, names: readonly string[], hasArguments: boolean): boolean {
  if (!calls) return false;
  const name = names.length === 0 ? "default" : names.join(".");
  if (pure?.includes(name)) return false;
  if (calls.includes("*") || calls.includes(name)) return true;
  return !hasArguments && calls.includes(`${name}()`);
}

/** A call of something that a client has; `new PrismaClient().user.findMany()`. */
function isClientUse({ clients, pure, kind }: PackageFact, names: readonly string[], madeBy: number): boolean {
  if (!clients) return false;
  const maker = madeBy === 0 ? "default" : names.slice(0, madeBy).join(".");
  const used = names.slice(madeBy);
  // What a maker of ids gives is called itself.
  if (used.length === 0 && kind === "io") return false;
  const path = used.join(".");
  if (pure?.some((name) => path === name || used.includes(name))) return false;
  return clients.includes("*") || clients.includes(maker) || clients.includes(names[madeBy - 1] ?? "");
}

const byModule = new Map<string, readonly PackageFact[]>();

function factsOf(module: string): readonly PackageFact[] {
  let facts = byModule.get(module);
  if (!facts) {
    facts = packageFacts.filter(({ modules }) =>
      modules.some((name) => name === module || (name.endsWith("/*") && module.startsWith(name.slice(0, -1)))),
    );
    byModule.set(module, facts);
  }
  return facts;
}

/** `db.select` for `db.select().from(users).where(…)`. */
function nameOfCall(callee: ts.Expression): string {
  let innermost = callee;
  const visit = (node: ts.Expression): void => {
    if (ts.isCallExpression(node)) innermost = node.expression;
    if (ts.isCallExpression(node) || ts.isPropertyAccessExpression(node) || ts.isNonNullExpression(node)) {
      visit(node.expression);
    }
  };
  visit(callee);
  const text = innermost.getText().replace(/\s+/g, "");
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
