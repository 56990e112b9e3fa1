import type { ts } from "ts-morph";
import type { Scope } from "./scope.js";

/**
 * What an expression of the program stands for, as far as it can be told without running it. What comes from outside
 * the project (a package, a global, a parameter) is a term: not a value, but known well enough to recognise
 * `new Inngest(…)`, `z.object(…)` or `step.run`.
 */
export type Value =
  | ConstantValue
  | ArrayValue
  | ObjectValue
  | FunctionValue
  | ClassValue
  | InstanceValue
  | ModuleValue
  | ChoiceValue
  | Term
  | UnknownResult;

export type Term = ExternalTerm | GlobalTerm | InputTerm | TypedTerm | ElementTerm | MemberTerm | CallTerm | NewTerm;

export type Primitive = undefined | null | boolean | number | bigint | string;

export interface ConstantValue {
  readonly kind: "constant";
  readonly value: Primitive;
  readonly node: ts.Node;
}

/** A value and the expression that is written in its place; `MAX` in `[MAX]`, not the 5 that it stands for. */
export interface Slot {
  readonly value: Value;
  readonly node: ts.Node;
  readonly nameNode?: ts.Node;
}

export interface ArrayValue {
  readonly kind: "array";
  readonly elements: readonly Slot[];
  /** Why there may be more elements than these, or others: a spread of something unknown. */
  readonly rest: UnknownResult | null;
  readonly node: ts.Node;
}

export interface ObjectValue {
  readonly kind: "object";
  readonly properties: ReadonlyMap<string, Slot>;
  /** Why other properties may be there: a spread or a computed name that is unknown. */
  readonly rest: UnknownResult | null;
  readonly node: ts.Node;
}

export type FunctionNode = ts.FunctionLikeDeclaration & { readonly body: ts.Node };

export interface FunctionValue {
  readonly kind: "function";
  readonly node: FunctionNode;
  readonly scope: Scope;
  /** What `this` is in it. */
  readonly self: Value | null;
}

export interface ClassValue {
  readonly kind: "class";
  readonly node: ts.ClassLikeDeclaration;
  readonly scope: Scope;
}

export interface InstanceValue {
  readonly kind: "instance";
  readonly class: ClassValue;
  /** Holds the constructor's parameters when the place that makes the instance is known. */
  readonly scope: Scope;
  readonly node: ts.Node;
}

/** A module of the project, as a namespace. */
export interface ModuleValue {
  readonly kind: "module";
  readonly file: ts.SourceFile;
  readonly node: ts.Node;
}

/** One of several, and which one is not known. */
export interface ChoiceValue {
  readonly kind: "choice";
  readonly options: readonly Value[];
  readonly reason: string;
  readonly node: ts.Node;
}

/** Something a package exports. `name` is `*` for the module itself. `ours`: it is this package, by whatever name. */
export interface ExternalTerm {
  readonly kind: "external";
  readonly module: string;
  readonly ours: boolean;
  readonly name: string;
  readonly node: ts.Node;
}

export interface GlobalTerm {
  readonly kind: "global";
  readonly name: string;
  readonly node: ts.Node;
}

/** Put in by a reader for a parameter that it knows the meaning of: a handler's context. */
export interface InputTerm {
  readonly kind: "input";
  readonly role: string;
  /** Of which function, where the reader has more to say about it. */
  readonly subject?: number;
  readonly node: ts.Node;
}

/** One element of an array, another one each time: the variable of a loop, the parameter of a `map` callback. */
export interface ElementTerm {
  readonly kind: "element";
  readonly of: Value;
  readonly node: ts.Node;
}

/** A parameter of which only the declared type is known, a type that a package exports. */
export interface TypedTerm {
  readonly kind: "typed";
  readonly module: string;
  readonly ours: boolean;
  readonly name: string;
  readonly node: ts.Node;
}

export interface MemberTerm {
  readonly kind: "member";
  readonly object: Value;
  readonly name: string;
  readonly node: ts.Node;
}

export interface CallTerm {
  readonly kind: "call";
  readonly callee: Value;
  readonly node: ts.CallExpression | ts.TaggedTemplateExpression;
  /** For the arguments, which are evaluated when someone asks. */
  readonly scope: Scope;
}

export interface NewTerm {
  readonly kind: "new";
  readonly callee: Value;
  readonly node: ts.NewExpression;
  readonly scope: Scope;
}

export interface UnknownResult {
  readonly kind: "unknown";
  readonly reason: string;
  readonly node: ts.Node;
}

export function isTerm(value: Value): value is Term {
  switch (value.kind) {
    case "external":
    case "global":
    case "input":
    case "typed":
    case "element":
    case "member":
    case "call":
    case "new":
      return true;
    default:
      return false;
  }
}

/** The name by which the package exports `value`, when it is one of its exports: `Inngest`, `eventType`. */
export function nameInOurs(value: Value): string | null {
  if (value.kind === "external") return value.ours ? value.name : null;
  if (value.kind === "member" && value.object.kind === "external" && value.object.ours) {
    return value.object.name === "*" || value.object.name === "default" ? value.name : null;
  }
  return null;
}
