import parseMs from "ms";
import { ts } from "ts-morph";
import { slugify } from "../../../../runtime/manifest/slugify.js";
import { callFunction, evaluateArguments } from "./evaluate-call.js";
import { describeUnknown } from "./describe.js";
import { unknown } from "./evaluate.js";
import type { Evaluation } from "./evaluation.js";
import type { Scope } from "./scope.js";
import { nameInOurs, type ArrayValue, type Primitive, type Slot, type Value } from "./value.js";

/** Calls of known functions (the language's own, and ours) whose result can be worked out; null for everything else. */
export function callBuiltIn(
  evaluation: Evaluation,
  callee: Value,
  node: ts.CallExpression,
  scope: Scope,
): Value | null {
  if (callee.kind === "member") {
    const { object, name } = callee;
    if (object.kind === "array") {
      return callOfArray(evaluation, object, name, node, evaluateArguments(evaluation, node.arguments, scope));
    }
    if (object.kind === "constant") {
      return callOfPrimitive(object.value, name, node, evaluateArguments(evaluation, node.arguments, scope));
    }
    if (object.kind === "global" && (object.name === "Object" || object.name === "Math" || object.name === "Array")) {
      const slots = evaluateArguments(evaluation, node.arguments, scope);
      return object.name === "Math" ? callOfMath(name, node, slots) : callOfObject(name, node, slots);
    }
    return null;
  }
  if (callee.kind === "global" && (callee.name === "String" || callee.name === "Number" || callee.name === "Boolean")) {
    const value = evaluateArguments(evaluation, node.arguments, scope)[0]?.value;
    if (value?.kind !== "constant") return unknown(node, value ? describeUnknown(value) : "an argument is missing");
    const convert = { String, Number, Boolean }[callee.name];
    return { kind: "constant", value: convert(value.value), node };
  }
  if (callee.kind === "external" && callee.module === "ms" && callee.name !== "*") {
    const value = evaluateArguments(evaluation, node.arguments, scope)[0]?.value;
    if (value?.kind !== "constant" || typeof value.value !== "string") return null;
    const time: number | undefined = parseMs(value.value as parseMs.StringValue);
    return time === undefined ? null : { kind: "constant", value: time, node };
  }
  if (nameInOurs(callee) === "slugify") {
    const value = evaluateArguments(evaluation, node.arguments, scope)[0]?.value;
    if (value?.kind !== "constant" || typeof value.value !== "string") return null;
    return { kind: "constant", value: slugify(value.value), node };
  }
  return null;
}

function callOfArray(
  evaluation: Evaluation,
  array: ArrayValue,
  name: string,
  node: ts.CallExpression,
  args: readonly Slot[],
): Value | null {
  const [first] = args;
  switch (name) {
    case "concat": {
      const elements = [...array.elements];
      let { rest } = array;
      for (const slot of args) {
        if (slot.value.kind === "array") {
          elements.push(...slot.value.elements);
          rest ??= slot.value.rest;
        } else if (slot.value.kind === "constant" || slot.value.kind === "object") {
          elements.push(slot);
        } else {
          rest ??= unknown(slot.node, describeUnknown(slot.value));
        }
      }
      return { kind: "array", elements, rest, node };
    }
    case "map":
    case "flatMap": {
      const callback = first?.value;
      if (callback?.kind !== "function") return null;
      const elements: Slot[] = [];
      let { rest } = array;
      array.elements.forEach((slot, index) => {
        const position: Slot = { value: { kind: "constant", value: index, node }, node };
        const value = callFunction(evaluation, callback, [slot, position], node);
        if (name === "flatMap" && value.kind === "array") {
          elements.push(...value.elements);
          rest ??= value.rest;
        } else {
          elements.push({ value, node: slot.node });
        }
      });
      return { kind: "array", elements, rest, node };
    }
    case "flat": {
      const elements: Slot[] = [];
      let { rest } = array;
      for (const slot of array.elements) {
        if (slot.value.kind === "array") {
          elements.push(...slot.value.elements);
          rest ??= slot.value.rest;
        } else {
          elements.push(slot);
        }
      }
      return { kind: "array", elements, rest, node };
    }
    case "join": {
      const separator = first === undefined ? "," : first.value.kind === "constant" ? String(first.value.value) : null;
      const parts = array.elements.map((slot) => (slot.value.kind === "constant" ? slot.value.value : null));
      if (array.rest || separator === null || parts.includes(null)) return null;
      return { kind: "constant", value: parts.map(String).join(separator), node };
    }
    default:
      return null;
  }
}

function callOfObject(name: string, node: ts.CallExpression, args: readonly Slot[]): Value | null {
  const value = args[0]?.value;
  switch (name) {
    case "freeze":
    case "seal":
      return value ?? null;
    case "assign": {
      const properties = new Map<string, Slot>();
      for (const slot of args) {
        if (slot.value.kind !== "object" || slot.value.rest) return unknown(node, describeUnknown(slot.value));
        for (const [key, property] of slot.value.properties) properties.set(key, property);
      }
      return { kind: "object", properties, rest: null, node };
    }
    case "keys":
    case "values":
    case "entries": {
      if (value?.kind !== "object") return null;
      const elements: Slot[] = [...value.properties].map(([key, slot]) => {
        const keySlot: Slot = {
          value: { kind: "constant", value: key, node: slot.node },
          node: slot.nameNode ?? slot.node,
        };
        if (name === "keys") return keySlot;
        if (name === "values") return slot;
        return { value: { kind: "array", elements: [keySlot, slot], rest: null, node: slot.node }, node: slot.node };
      });
      return { kind: "array", elements, rest: value.rest, node };
    }
    default:
      return null;
  }
}

function callOfMath(name: string, node: ts.CallExpression, args: readonly Slot[]): Value | null {
  const numbers: number[] = [];
  for (const { value } of args) {
    if (value.kind !== "constant" || typeof value.value !== "number") return null;
    numbers.push(value.value);
  }
  const [first = NaN, second = NaN] = numbers;
  const functions: Readonly<Record<string, () => number>> = {
    max: () => Math.max(...numbers),
    min: () => Math.min(...numbers),
    floor: () => Math.floor(first),
    ceil: () => Math.ceil(first),
    round: () => Math.round(first),
    trunc: () => Math.trunc(first),
    abs: () => Math.abs(first),
    pow: () => first ** second,
  };
  const value = Object.hasOwn(functions, name) ? functions[name]?.() : undefined;
  return value === undefined ? null : { kind: "constant", value, node };
}

/** Methods of strings and numbers that depend on nothing but their arguments. */
function callOfPrimitive(
  subject: Primitive,
  name: string,
  node: ts.CallExpression,
  args: readonly Slot[],
): Value | null {
  const given: Primitive[] = [];
  for (const { value } of args) {
    if (value.kind !== "constant") return unknown(node, describeUnknown(value));
    given.push(value.value);
  }
  if (name === "toString" && subject !== null && subject !== undefined && given.length === 0) {
    return { kind: "constant", value: String(subject), node };
  }
  if (typeof subject !== "string") return null;
  const [first, second] = given;
  const result = callOfString(subject, name, first, second);
  if (result === null) return null;
  if (typeof result !== "object") return { kind: "constant", value: result, node };
  const elements = result.map((part): Slot => ({ value: { kind: "constant", value: part, node }, node }));
  return { kind: "array", elements, rest: null, node };
}

function callOfString(
  text: string,
  name: string,
  first: Primitive,
  second: Primitive,
): string | boolean | readonly string[] | null {
  const from = typeof first === "number" ? first : undefined;
  const to = typeof second === "number" ? second : undefined;
  switch (name) {
    case "toLowerCase":
      return text.toLowerCase();
    case "toUpperCase":
      return text.toUpperCase();
    case "trim":
      return text.trim();
    case "slice":
      return text.slice(from, to);
    case "substring":
      return text.substring(from ?? 0, to);
    case "concat":
      return text.concat(String(first ?? ""));
    case "replace":
      return typeof first === "string" && typeof second === "string" ? text.replace(first, () => second) : null;
    case "replaceAll":
      return typeof first === "string" && typeof second === "string" ? text.replaceAll(first, () => second) : null;
    case "split":
      return typeof first === "string" ? text.split(first) : null;
    case "repeat":
      return from !== undefined && from >= 0 && from < 1000 ? text.repeat(from) : null;
    case "padStart":
      return from !== undefined && from < 1000 ? text.padStart(from, typeof second === "string" ? second : " ") : null;
    case "startsWith":
      return typeof first === "string" ? text.startsWith(first) : null;
    case "endsWith":
      return typeof first === "string" ? text.endsWith(first) : null;
    case "includes":
      return typeof first === "string" ? text.includes(first) : null;
    default:
      return null;
  }
}
