import type { AppModel, FunctionModel, StepSite } from "../../2-model/model.js";
import { findJsonLosses, type JsonLoss, type Shape, type SpecialName } from "../../2-model/shape.js";
import { nameStep } from "../name-step.js";
import { readMember } from "../read-member.js";
import type { Finding } from "../rule.js";
import { listAllSteps, listHandlers } from "../visit-steps.js";

/**
 * Step results are kept as JSON. `bigint` is refused there, so such a step fails; a `Map`, a `Set`, a function or the
 * methods of a class are lost without a word. A `Date` becomes a string, which the types of `step.run` say.
 */
export function findUnserializableStepResults(model: AppModel): Finding[] {
  return listHandlers(model).flatMap(({ owner, handler }) => {
    const survives = listSurvivors(model, owner);
    return listAllSteps(handler.steps).flatMap((site) => {
      const finding = checkResult(site, survives, mayTransformOutput(model, owner));
      return finding ? [finding] : [];
    });
  });
}

function checkResult(site: StepSite, survives: ReadonlySet<SpecialName>, transformed: boolean): Finding | null {
  if (!site.result) return null;
  const losses = listLosses(site.result).filter(({ shape }) => !shape.json && !survives.has(shape.name));
  // What certainly fails is said first, whatever else is lost.
  const worst = losses.find(({ shape }) => shape.name === "bigint") ?? losses[0];
  if (!worst) return null;
  const certain = worst.shape.name === "bigint" && !transformed && isCertain(site.result, worst);
  const others = losses.length - 1;
  return {
    severity: certain ? "error" : "warning",
    message: `${nameStep(site)} returns ${describeLoss(worst)}${others > 0 ? `, and ${others} more like it` : ""}`,
    span: site.resultSpan ?? site.span,
    label: `\`${worst.shape.type}\`: ${describeFate(worst.shape.name)}`,
    help: suggest(worst.shape.name),
    through: site.through,
  };
}

/** A step that an edit does not concern keeps the shape of its result. */
const knownLosses = new WeakMap<Shape, readonly JsonLoss[]>();

function listLosses(result: Shape): readonly JsonLoss[] {
  let losses = knownLosses.get(result);
  if (!losses) knownLosses.set(result, (losses = findJsonLosses(result)));
  return losses;
}

/** Whether every result has it: not in an alternative, an optional property or an array that may be empty. */
function isCertain(shape: Shape, loss: JsonLoss, depth = 0): boolean {
  if (shape.kind === "special") return depth === loss.path.length;
  const name = loss.path[depth];
  if (shape.kind !== "object") return false;
  const property = shape.properties.find((candidate) => candidate.name === name);
  return property !== undefined && !property.optional && isCertain(property.shape, loss, depth + 1);
}

function describeLoss({ path, shape }: JsonLoss): string {
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
  class: "an instance of a class",
};

function describeFate(name: SpecialName): string {
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
    case "Map":
    case "Set":
    case "RegExp":
    case "Promise":
    case "Error":
    case "iterator":
      return "JSON makes `{}` of it";
  }
}

function suggest(name: SpecialName): string {
  switch (name) {
    case "bigint":
      return 'return it as text, `String(value)`, or set `serialization: "rich"`';
    case "Map":
      return 'return `Object.fromEntries(map)` or `[...map]`, or set `serialization: "rich"`';
    case "Set":
      return 'return `[...set]`, or set `serialization: "rich"`';
    case "Date":
      return 'return it as text, `date.toISOString()`, or set `serialization: "rich"`';
    case "bytes":
      return 'return it as base64 text, or set `serialization: "rich"`';
    case "Promise":
      return "await it inside the step";
    case "iterator":
      return "return its elements as an array, `[...iterator]`";
    case "Error":
      return "throw it, or return its `message`";
    case "RegExp":
      return "return its `source`";
    case "function":
    case "symbol":
    case "class":
      return "return plain data, only the fields that the handler needs";
  }
}

/** What `serialization: "rich"` keeps. */
const richNames: readonly SpecialName[] = ["Date", "bigint", "Map", "Set", "bytes"];

function listSurvivors(model: AppModel, owner: FunctionModel): ReadonlySet<SpecialName> {
  const client = owner.client === null ? undefined : model.clients[owner.client];
  const modes = [owner.config.value, client?.config.value].map((config) => readMember(config, "serialization"));
  const mode = modes.find((value) => value !== undefined);
  // Any other constant means plain JSON; a value that is not known might mean rich.
  return new Set(mode === undefined || mode === "json" ? [] : richNames);
}

/** Middleware may write results in a form of its own, so nothing is certain beside it. */
function mayTransformOutput(model: AppModel, owner: FunctionModel): boolean {
  const client = owner.client === null ? undefined : model.clients[owner.client];
  if (!client) return true;
  return [owner.config.value, client.config.value].some((config) => readMember(config, "middleware") !== undefined);
}
