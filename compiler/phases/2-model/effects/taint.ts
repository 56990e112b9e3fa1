import type { ts } from "ts-morph";
import type { CallFrame, HazardKind } from "../model.js";

/** Where a value that is another one on each replay comes from. */
export interface Origin {
  readonly kind: HazardKind;
  readonly name: string;
  readonly node: ts.Node;
  /** The expression in the function that is followed by which the value comes in; `node` itself without helpers. */
  readonly entry: ts.Node;
  /** The calls from `entry` to `node`; empty without helpers. */
  readonly chain: readonly CallFrame[];
  /** The calls that lead from the handler to `entry` when it is in a helper that makes steps. */
  readonly through: readonly CallFrame[];
  /** The property of an object literal that holds it; null when it may be anywhere in the value. */
  readonly field: string | null;
  /** How many steps were awaited before; a step in between is a place where the value can change. */
  readonly clock: number;
}

/** In the summary of a function: the value of one of its parameters. */
export interface ParameterOrigin {
  readonly kind: "parameter";
  readonly index: number;
}

/** All that an expression's value may depend on; empty for one that is the same on each replay. */
export type Taint = readonly (Origin | ParameterOrigin)[];

export const clean: Taint = [];

/** More than this says nothing more to a reader. */
const most = 6;

export function join(left: Taint, right: Taint): Taint {
  if (left.length === 0) return right;
  if (right.length === 0) return left;
  const joined = [...left];
  for (const origin of right)
    if (joined.length < most && !joined.some((known) => isSame(known, origin))) joined.push(origin);
  return joined;
}

function isSame(left: Taint[number], right: Taint[number]): boolean {
  if (left.kind === "parameter" || right.kind === "parameter") {
    return left.kind === right.kind && "index" in left && "index" in right && left.index === right.index;
  }
  return (
    left.entry === right.entry && left.node === right.node && left.clock === right.clock && left.field === right.field
  );
}

/** What is asked with an answer as an argument is asked anew as well: its own answer says it all. */
export function withoutAnswers(taint: Taint): Taint {
  return taint.filter(({ kind }) => kind !== "io");
}

/** Of the number of elements: a list of new ids has as many as it was made from. */
export function withoutContents(taint: Taint): Taint {
  return taint.filter(({ kind }) => kind !== "time" && kind !== "random" && kind !== "id");
}

/** Of the object that has it as its property `name`. */
export function intoField(taint: Taint, name: string): Taint {
  return taint.length === 0 ? taint : taint.map((origin) => (isOrigin(origin) ? { ...origin, field: name } : origin));
}

/** Of the property `name` of what has it. */
export function ofField(taint: Taint, name: string): Taint {
  if (taint.length === 0) return taint;
  if (name === "length" || name === "size") return withoutContents(taint);
  return taint.flatMap((origin) => {
    if (!isOrigin(origin) || origin.field === null) return [origin];
    return origin.field === name ? [{ ...origin, field: null }] : [];
  });
}

function isOrigin(origin: Taint[number]): origin is Origin {
  return origin.kind !== "parameter";
}
