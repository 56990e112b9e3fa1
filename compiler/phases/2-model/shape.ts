/**
 * What is known of the type of a value, as plain data. The same notation serves for the data that an event declares
 * and for the data that a place in the code sends, so that the two can be compared without the type checker.
 */
export type Shape =
  /**
   * `any`, `unknown`, a type that could not be resolved, or a recursive one beyond its first turn. `again`: the `id` of a shape around
   * this one, whose values stand here again; where nothing around it has that id, nothing is known.
   */
  | { readonly kind: "unknown"; readonly reason?: string; readonly again?: string }
  /** No value at all: a callback that only throws. */
  | { readonly kind: "never" }
  /** `undefined` and `void`. */
  | { readonly kind: "undefined" }
  | { readonly kind: "null" }
  | { readonly kind: "boolean" }
  | NumberShape
  | StringShape
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  | ObjectShape
  | {
      readonly kind: "array";
      readonly element: Shape;
      readonly minItems?: number;
      readonly maxItems?: number;
      readonly id?: string;
    }
  | { readonly kind: "tuple"; readonly elements: readonly Shape[]; readonly rest?: Shape }
  | { readonly kind: "union"; readonly members: readonly Shape[]; readonly id?: string }
  | SpecialShape;

export interface NumberShape {
  readonly kind: "number";
  readonly integer?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

export interface StringShape {
  readonly kind: "string";
  /** The JSON Schema name: `email`, `uuid`, `uri`, `date-time`, … */
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

export interface ObjectShape {
  readonly kind: "object";
  /** Of a shape that holds itself: what `again` means in it. */
  readonly id?: string;
  readonly properties: readonly PropertyShape[];
  /**
   * `closed`: the declaration refuses other properties (`z.strictObject`), or the value is an object literal, which has
   * no others. `open`: other properties may be there and are let through or dropped.
   */
  readonly rest: "closed" | "open";
  /** Of the properties that are not named: `Record<string, number>`, an index signature, `catchall`. */
  readonly values?: Shape;
  /** Of the unnamed properties' names, where they are limited: `z.record(z.enum([…]), …)`. */
  readonly keys?: Shape;
}

export interface PropertyShape {
  readonly name: string;
  readonly shape: Shape;
  readonly optional: boolean;
}

/** A value that JSON cannot hold as it is. `type` is the type as TypeScript writes it. */
export interface SpecialShape {
  readonly kind: "special";
  readonly name: SpecialName;
  readonly type: string;
  /** What JSON makes of it, where that is known: a Date gives a string. Absent for what JSON refuses or empties. */
  readonly json?: Shape;
}

export type SpecialName =
  | "Date"
  | "Map"
  | "Set"
  | "RegExp"
  | "Promise"
  | "Error"
  | "bytes"
  | "bigint"
  | "symbol"
  | "function"
  | "iterator"
  /** Only as an element of an array, where JSON writes null for it. */
  | "undefined"
  /** An instance of a class: its methods and private state are lost. */
  | "class";

/** One thing in a value that does not survive JSON: `path` leads to it (`[]` is any element of an array). */
export interface JsonLoss {
  readonly path: readonly string[];
  readonly shape: SpecialShape;
}

/** All places in `shape` that JSON would change, in order of writing. */
export function findJsonLosses(shape: Shape): JsonLoss[] {
  const losses: JsonLoss[] = [];
  collectLosses(shape, [], losses);
  return losses;
}

function collectLosses(shape: Shape, path: readonly string[], losses: JsonLoss[]): void {
  switch (shape.kind) {
    case "special":
      losses.push({ path, shape });
      return;
    case "object":
      for (const property of shape.properties) collectLosses(property.shape, [...path, property.name], losses);
      if (shape.values) collectLosses(shape.values, [...path, "*"], losses);
      return;
    case "array":
      collectElement(shape.element, [...path, "[]"], losses);
      return;
    case "tuple":
      shape.elements.forEach((element, index) => collectElement(element, [...path, String(index)], losses));
      if (shape.rest) collectElement(shape.rest, [...path, "[]"], losses);
      return;
    case "union":
      for (const member of shape.members) collectLosses(member, path, losses);
      return;
    case "unknown":
    case "never":
    case "undefined":
    case "null":
    case "boolean":
    case "number":
    case "string":
    case "literal":
      return;
  }
}

/** An array of nothing but `undefined` is what `map` gives for callbacks without a result; nobody reads that. */
function collectElement(element: Shape, path: readonly string[], losses: JsonLoss[]): void {
  if (element.kind === "union" && element.members.some(({ kind }) => kind === "undefined")) {
    losses.push({ path, shape: { kind: "special", name: "undefined", type: "undefined" } });
  }
  collectLosses(element, path, losses);
}
