/**
 * Compares the shape of a value with a declared one. Only what is certain is a misfit: no value of the first shape
 * would be accepted. Whatever is unknown, partly right or only suspicious fits.
 */
import type { NumberShape, ObjectShape, PropertyShape, Shape, StringShape } from "../2-model/shape.js";
import { contradictsNumber, contradictsString } from "./fit-literal.js";

export interface Misfit {
  /** From the value at hand; empty for the value itself. */
  readonly path: readonly (string | number)[];
  readonly kind: "missing" | "unexpected" | "wrong";
  /** For `wrong`, what is there: `a string`. */
  readonly found: string;
  /** For `wrong`, what was declared: `a number`. */
  readonly declared: string;
  /** For `unexpected`, the names that are declared and not given. */
  readonly unused: readonly string[];
}

/** All certain misfits of `value` against `declared`; the value is what JSON makes of it. */
export function findMisfits(value: Shape, declared: Shape, path: Misfit["path"] = []): Misfit[] {
  const values = listAlternatives(value);
  const accepted = listAlternatives(declared);
  // An `undefined` in JSON is no value at all; whether that is allowed is a question of the property.
  const present = values.filter((alternative) => alternative.kind !== "undefined");
  if (present.length === 0 || accepted.length === 0) return [];
  if (values.some(isUnknown) || accepted.some(isUnknown)) return [];
  if (present.some((one) => accepted.some((other) => findOwnMisfits(one, other, path).length === 0))) return [];
  const [one] = present;
  if (!one || present.length > 1) return [wrong(path, value, declared)];
  const meant = accepted.length === 1 ? accepted[0] : findMeant(one, accepted);
  return meant ? findOwnMisfits(one, meant, path) : [wrong(path, value, declared)];
}

/** Whether the value may be left out altogether. */
export function allowsMissing(declared: Shape): boolean {
  return listAlternatives(declared).some((shape) => shape.kind === "undefined" || isUnknown(shape));
}

/** The members of a union, nested ones as well, each as JSON shows it. */
function listAlternatives(shape: Shape): Shape[] {
  if (shape.kind === "union") return shape.members.flatMap(listAlternatives);
  if (shape.kind === "never") return [];
  if (shape.kind === "special") return shape.json ? listAlternatives(shape.json) : [{ kind: "unknown" }];
  return [shape];
}

function isUnknown(shape: Shape): boolean {
  return shape.kind === "unknown";
}

/** Of two shapes that are neither unions nor unknown. */
function findOwnMisfits(value: Shape, declared: Shape, path: Misfit["path"]): Misfit[] {
  if (value.kind === "object" && declared.kind === "object") return findObjectMisfits(value, declared, path);
  if (value.kind === "array" && declared.kind === "array") {
    // An empty array has no wrong elements: only one that certainly has some can be wrong.
    return (value.minItems ?? 0) > 0 ? findMisfits(value.element, declared.element, [...path, 0]) : [];
  }
  if (value.kind === "tuple" && declared.kind === "array") {
    const { minItems = 0, maxItems = Infinity } = declared;
    const misfits = value.elements.flatMap((element, index) =>
      findMisfits(element, declared.element, [...path, index]),
    );
    const count = value.elements.length;
    const wrongLength = (!value.rest && count < minItems) || count > maxItems;
    return wrongLength ? [...misfits, wrong(path, value, declared)] : misfits;
  }
  if (value.kind === "tuple" && declared.kind === "tuple") {
    return value.elements.flatMap((element, index) => {
      const expected = declared.elements[index] ?? declared.rest;
      return expected ? findMisfits(element, expected, [...path, index]) : [wrong(path, value, declared)];
    });
  }
  if (value.kind === "array" && declared.kind === "tuple") return [];
  return fitsPlain(value, declared) ? [] : [wrong(path, value, declared)];
}

function fitsPlain(value: Shape, declared: Shape): boolean {
  switch (declared.kind) {
    case "boolean":
      return value.kind === "boolean" || (value.kind === "literal" && typeof value.value === "boolean");
    case "number":
      if (value.kind === "number") return true;
      return value.kind === "literal" && typeof value.value === "number" && !contradictsNumber(value.value, declared);
    case "string":
      if (value.kind === "string") return true;
      return value.kind === "literal" && typeof value.value === "string" && !contradictsString(value.value, declared);
    case "literal":
      return value.kind === "literal" ? value.value === declared.value : value.kind === typeof declared.value;
    case "null":
      return value.kind === "null";
    case "undefined":
    case "never":
    case "object":
    case "array":
    case "tuple":
      return false;
    case "unknown":
    case "union":
    case "special":
      return true;
  }
}

function findObjectMisfits(value: ObjectShape, declared: ObjectShape, path: Misfit["path"]): Misfit[] {
  const misfits: Misfit[] = [];
  const given = new Map(value.properties.map((property) => [property.name, property]));
  const known = new Map(declared.properties.map((property) => [property.name, property]));
  for (const property of declared.properties) {
    const own = given.get(property.name);
    // Only a closed value certainly lacks what it does not name.
    const missing = own ? isAbsent(own) : value.rest === "closed" && !value.values;
    if (missing) {
      if (!property.optional && !allowsMissing(property.shape)) {
        misfits.push({ ...wrong([...path, property.name], value, property.shape), kind: "missing" });
      }
    } else if (own && !own.optional) {
      misfits.push(...findMisfits(own.shape, property.shape, [...path, property.name]));
    }
  }
  const unused = declared.properties.map(({ name }) => name).filter((name) => !given.has(name));
  for (const property of value.properties) {
    if (known.has(property.name) || property.optional || isAbsent(property)) continue;
    const inner = [...path, property.name];
    if (declared.values) misfits.push(...findMisfits(property.shape, declared.values, inner));
    else if (declared.rest === "closed" && !mayBeUndefined(property.shape)) {
      misfits.push({ ...wrong(inner, property.shape, declared), kind: "unexpected", unused });
    }
  }
  return misfits;
}

/** A property that JSON leaves out for certain. */
function isAbsent(property: PropertyShape): boolean {
  const alternatives = listAlternatives(property.shape);
  return alternatives.length > 0 && alternatives.every((shape) => shape.kind === "undefined");
}

function mayBeUndefined(shape: Shape): boolean {
  return listAlternatives(shape).some(({ kind }) => kind === "undefined" || kind === "unknown");
}

/** Of a union of objects, the one whose literal properties (`type: "card"`) the value has; null when none or several. */
function findMeant(value: Shape, accepted: readonly Shape[]): Shape | null {
  if (value.kind !== "object") return null;
  const meant = accepted.filter((shape) => {
    if (shape.kind !== "object") return false;
    const tags = shape.properties.filter((property) => property.shape.kind === "literal");
    return (
      tags.length > 0 &&
      tags.every((tag) => {
        const own = value.properties.find(({ name }) => name === tag.name);
        return own !== undefined && findMisfits(own.shape, tag.shape).length === 0;
      })
    );
  });
  return meant.length === 1 ? (meant[0] ?? null) : null;
}

function wrong(path: Misfit["path"], value: Shape, declared: Shape): Misfit {
  return { path, kind: "wrong", found: describeShape(value), declared: describeShape(declared), unused: [] };
}

/** A shape in words: `a string`, `"card" or "cash"`, `an array`. */
export function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case "unknown":
      return "something unknown";
    case "never":
      return "nothing";
    case "undefined":
    case "null":
      return shape.kind;
    case "boolean":
    case "number":
      return shape.kind === "number" ? describeNumber(shape) : "a boolean";
    case "string":
      return describeString(shape);
    case "literal":
      return JSON.stringify(shape.value);
    case "object":
      return "an object";
    case "array":
      return "an array";
    case "tuple":
      return `an array of ${shape.elements.length}`;
    case "union": {
      const words = [...new Set(shape.members.map(describeShape))];
      const [last] = words.slice(-1);
      return words.length > 1 ? `${words.slice(0, -1).join(", ")} or ${last}` : (last ?? "nothing");
    }
    case "special":
      return `a \`${shape.type}\``;
  }
}

function describeNumber({ integer, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: NumberShape): string {
  const limits = [
    // Validators write the bounds of safe integers where nobody asked for any.
    ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`more than ${exclusiveMinimum}`]),
    ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`at most ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`less than ${exclusiveMaximum}`]),
  ];
  return [integer ? "an integer" : "a number", limits.join(" and ")].filter((part) => part !== "").join(" of ");
}

function describeString({ format, minLength, maxLength }: StringShape): string {
  const what = format === undefined ? "a string" : `a string (${format})`;
  if (minLength !== undefined && maxLength !== undefined) return `${what} of ${minLength} to ${maxLength} characters`;
  if (minLength !== undefined) return `${what} of ${minLength} characters or more`;
  return maxLength === undefined ? what : `${what} of at most ${maxLength} characters`;
}
