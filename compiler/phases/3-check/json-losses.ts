/** What JSON would lose of a value, in words. */
import { findJsonLosses, type JsonLoss, type Shape, type SpecialName } from "../2-model/shape.js";

/** What the value loses, the worst first: what makes it fail, then what changes it, then what becomes null. */
export function listRealLosses(shape: Shape, survives: ReadonlySet<SpecialName>): JsonLoss[] {
  const rank = ({ shape: { name } }: JsonLoss): number => (name === "bigint" ? 0 : name === "undefined" ? 2 : 1);
  return listLosses(shape)
    .filter((loss) => !loss.shape.json && !survives.has(loss.shape.name))
    .sort((left, right) => rank(left) - rank(right));
}

/** A step that an edit does not concern keeps the shape of its result. */
const knownLosses = new WeakMap<Shape, readonly JsonLoss[]>();

function listLosses(result: Shape): readonly JsonLoss[] {
  let losses = knownLosses.get(result);
  if (!losses) knownLosses.set(result, (losses = findJsonLosses(result)));
  return losses;
}

/** Whether every result has it: not in an alternative, an optional property or an array that may be empty. */
export function isCertain(shape: Shape, loss: JsonLoss, depth = 0): boolean {
  if (shape.kind === "special") return depth === loss.path.length;
  const name = loss.path[depth];
  if (shape.kind !== "object") return false;
  const property = shape.properties.find((candidate) => candidate.name === name);
  return property !== undefined && !property.optional && isCertain(property.shape, loss, depth + 1);
}

export function describeLoss({ path, shape }: JsonLoss): string {
  const what = shape.name === "class" ? `an instance of \`${shape.type}\`` : nounOf[shape.name];
  if (path.length === 0) return what;
  const where = path.map((part) => (part === "[]" ? "[]" : `.${part}`)).join("");
  return `${what} in \`${where.replace(/^\./, "")}\``;
}

const nounOf: Record<SpecialName, string> = {
  Date: "a `Date`",
  Map: "a `Map`",
  Set: "a `Set`",
  RegExp: "a `RegExp`",
  Promise: "a promise that is not awaited",
  Error: "an `Error`",
  bytes: "bytes",
  bigint: "a `bigint`",
  symbol: "a symbol",
  function: "a function",
  iterator: "an iterator",
  undefined: "`undefined`",
  class: "an instance of a class",
};

export function describeFate(name: SpecialName): string {
  switch (name) {
    case "bigint":
      return "JSON refuses it";
    case "Date":
      return "JSON makes a string of it";
    case "bytes":
      return "JSON makes an object of numbers of it";
    case "function":
    case "symbol":
      return "JSON leaves it out";
    case "class":
      return "JSON keeps its fields and loses its methods";
    case "undefined":
      return "JSON makes null of it";
    case "Map":
    case "Set":
    case "RegExp":
    case "Promise":
    case "Error":
    case "iterator":
      return "JSON makes `{}` of it";
  }
}

/** `rich`: the setting that keeps more than JSON does can be used there. */
export function suggestPlainData(name: SpecialName, rich: boolean): string {
  const setting = rich ? ', or set `serialization: "rich"`' : "";
  switch (name) {
    case "bigint":
      return `return it as text, \`String(value)\`${setting}`;
    case "Map":
      return `return \`Object.fromEntries(map)\` or \`[...map]\`${setting}`;
    case "Set":
      return `return \`[...set]\`${setting}`;
    case "Date":
      return `return it as text, \`date.toISOString()\`${setting}`;
    case "bytes":
      return `return it as base64 text${setting}`;
    case "Promise":
      return "await it inside the step";
    case "iterator":
      return "return its elements as an array, `[...iterator]`";
    case "Error":
      return "throw it, or return its `message`";
    case "RegExp":
      return "return its `source`";
    case "undefined":
      return "leave such elements out, `list.filter((element) => element !== undefined)`";
    case "function":
    case "symbol":
    case "class":
      return "return plain data, only the fields that the handler needs";
  }
}
