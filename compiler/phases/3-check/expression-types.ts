/**
 * The types of an expression against the shapes of its events. Unknown stands for everything that cannot be told, and
 * nothing is found about it.
 */
import { type ExpressionNode, readMacro } from "../../../runtime/manifest/expression/parse-expression.js";
import { findNearestName } from "../../diagnostics/nearest-name.js";
import type { Shape } from "../2-model/shape.js";
import {
  canCalculate,
  either,
  type ExpressionType,
  isOnly,
  itemOf,
  itemOfIndex,
  listAlternatives,
  listConstants,
  nounOf,
  ofKinds,
  printKinds,
  readField,
  shareAnyKind,
  shareKind,
  typeOfConstant,
  typeOfShape,
  unknownType,
  type ValueKind,
  withoutShape,
} from "./value-type.js";

export interface TypeProblem {
  /** `field`: there is none of that name. `operands`: it has no value. `never`: it is the same for all events. */
  readonly kind: "field" | "operands" | "never";
  /** No event can have it: the schema refuses other fields. */
  readonly certain: boolean;
  readonly message: string;
  readonly help: string;
  readonly position: number;
}

export interface TypedExpression {
  readonly type: ExpressionType;
  readonly problems: readonly TypeProblem[];
}

type Scope = ReadonlyMap<string, ExpressionType>;

/** `variables`: `event`, and `async` where there is one. */
export function typeExpression(tree: ExpressionNode, variables: ReadonlyMap<string, Shape>): TypedExpression {
  const typer = new Typer();
  const scope = new Map([...variables].map(([name, shape]) => [name, typeOfShape(shape)]));
  const type = typer.typeOf(tree, scope);
  return { type, problems: typer.problems };
}

class Typer {
  readonly problems: TypeProblem[] = [];

  typeOf(node: ExpressionNode, scope: Scope): ExpressionType {
    const macro = readMacro(node);
    if (macro) {
      const range = this.typeOf(macro.range, scope);
      const item = macro.name === "bind" ? range : itemOf(range);
      const bodies = macro.bodies.map((body) => this.typeOf(body, new Map([...scope, [macro.variable, item]])));
      if (macro.name !== "bind")
        this.#requireKinds(range, ["list", "map", "null"], node, `\`${macro.name}\` walks over`);
      switch (macro.name) {
        case "bind":
          return bodies[0] ?? unknownType;
        case "filter":
        case "map":
          return ofKinds("list");
        default:
          return ofKinds("bool");
      }
    }
    switch (node.op) {
      case "value":
        return typeOfConstant(node.args);
      case "id":
        return scope.get(node.args) ?? unknownType;
      case ".":
        return this.#field(this.typeOf(node.args[0], scope), node.args[1], node);
      case "[]": {
        const [object, key] = [this.typeOf(node.args[0], scope), this.typeOf(node.args[1], scope)];
        if (key.shape?.kind === "literal" && typeof key.shape.value === "string") {
          return this.#field(object, key.shape.value, node);
        }
        return itemOfIndex(object);
      }
      case "call":
        return this.#call(node.args[0], node.args[1], scope);
      case "rcall":
        return this.#method(node.args[0], node.args[1], node.args[2], node, scope);
      case "list":
        for (const item of node.args) this.typeOf(item, scope);
        return ofKinds("list");
      case "map":
        for (const entry of node.args.flat()) this.typeOf(entry, scope);
        return ofKinds("map");
      case "?:": {
        this.typeOf(node.args[0], scope);
        return either(this.typeOf(node.args[1], scope), this.typeOf(node.args[2], scope));
      }
      case "!_":
        this.typeOf(node.args, scope);
        return ofKinds("bool");
      case "-_":
        return withoutShape(this.typeOf(node.args, scope));
      case "&&":
      case "||":
        return either(this.typeOf(node.args[0], scope), this.typeOf(node.args[1], scope));
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
      case "+":
      case "-":
      case "*":
      case "/":
      case "%":
      case "in": {
        const [left, right] = [this.typeOf(node.args[0], scope), this.typeOf(node.args[1], scope)];
        return this.#binary(node.op, left, right, node);
      }
      default:
        return unknownType;
    }
  }

  #field(object: ExpressionType, name: string, node: ExpressionNode): ExpressionType {
    const alternatives = object.shape ? listAlternatives(object.shape) : [{ kind: "unknown" } as const];
    const objects = alternatives.filter((each) => each.kind !== "null" && each.kind !== "undefined");
    const found = objects.map((each) => readField(each, name));
    const known = found.filter((each) => each !== null);
    if (known.length > 0) return typeOfShape({ kind: "union", members: known });
    if (objects.length === 0) return unknownType;
    const names = objects.flatMap((each) => (each.kind === "object" ? each.properties.map((one) => one.name) : []));
    const nearest = findNearestName(name, names);
    this.problems.push({
      kind: "field",
      certain: objects.every((each) => each.kind === "object" && each.rest === "closed"),
      message:
        names.length > 0 ? `there is no field \`${name}\` here` : `\`${name}\` is read from ${printKinds(object)}`,
      help: nearest ? `did you mean \`${nearest}\`?` : helpWithNames(names, name),
      position: node.op === "." ? node.end - name.length : node.start,
    });
    return unknownType;
  }

  #binary(op: string, left: ExpressionType, right: ExpressionType, node: ExpressionNode): ExpressionType {
    switch (op) {
      case "==":
      case "!=":
        this.#checkEquality(op, left, right, node);
        return ofKinds("bool");
      case "<":
      case "<=":
      case ">":
      case ">=":
        if (left.kinds && right.kinds && !shareKind(left, right)) this.#refuse(op, left, right, node);
        return ofKinds("bool");
      case "in":
        this.#requireKinds(right, ["list", "map", "null"], node, "`in` looks into");
        return ofKinds("bool");
      default:
        if (!canCalculate(op, left, right)) this.#refuse(op, left, right, node);
        if (isOnly(left, "number") && isOnly(right, "number")) return ofKinds("number");
        if (op === "+" && (isOnly(left, "string") || isOnly(right, "string"))) return ofKinds("string");
        return unknownType;
    }
  }

  #checkEquality(op: string, left: ExpressionType, right: ExpressionType, node: ExpressionNode): void {
    const outcome = op === "==" ? "never true" : "always true";
    // Whoever asks for null does not trust the declaration.
    if (isOnly(left, "null") || isOnly(right, "null")) return;
    if (left.kinds && right.kinds && !shareAnyKind(left, right)) {
      this.problems.push({
        kind: "never",
        certain: true,
        message: `\`${op}\` is ${outcome} for ${printKinds(left)} and ${printKinds(right)}`,
        help: "compare values of one type; `string(…)` and `int(…)` convert",
        position: node.start,
      });
      return;
    }
    if (left.kinds?.has("null") && right.kinds?.has("null")) return;
    const [leftValues, rightValues] = [listConstants(left), listConstants(right)];
    if (!leftValues || !rightValues || leftValues.some((value) => rightValues.includes(value))) return;
    const [values, other] = leftValues.length === 1 ? [rightValues, leftValues] : [leftValues, rightValues];
    const nearest = findNearestName(String(other[0]), values.map(String));
    const print = (value: string | number | boolean): string => `\`${JSON.stringify(value)}\``;
    this.problems.push({
      kind: "never",
      certain: true,
      message: `\`${op}\` is ${outcome}: ${other.map(print).join(" or ")} is not one of ${values.map(print).join(", ")}`,
      help: nearest ? `did you mean \`"${nearest}"\`?` : "compare with one of these values",
      position: node.start,
    });
  }

  #call(name: string, args: readonly ExpressionNode[], scope: Scope): ExpressionType {
    if (name === "has") {
      const field = args[0];
      // Asking for a field that is not declared is what `has` is for.
      if (field?.op === ".") this.typeOf(field.args[0], scope);
      return ofKinds("bool");
    }
    const [given] = args.map((each) => this.typeOf(each, scope));
    const result = resultKinds.get(name);
    if (!result) return unknownType;
    // Of a missing field most functions give null.
    return given?.kinds?.has("null") === false || args.length === 0 ? ofKinds(result) : ofKinds(result, "null");
  }

  #method(
    name: string,
    receiver: ExpressionNode,
    args: readonly ExpressionNode[],
    node: ExpressionNode,
    scope: Scope,
  ): ExpressionType {
    const type = this.typeOf(receiver, scope);
    for (const each of args) this.typeOf(each, scope);
    switch (name) {
      case "startsWith":
      case "endsWith":
      case "matches":
        this.#requireKinds(type, ["string", "null"], node, `\`${name}\` looks into`);
        return ofKinds("bool", "null");
      case "contains":
        this.#requireKinds(type, ["string", "list", "null"], node, "`contains` looks into");
        return ofKinds("bool", "null");
      case "size":
        this.#requireKinds(type, ["string", "list", "map", "bytes", "null"], node, "`size` counts");
        return ofKinds("number");
      default:
        return unknownType;
    }
  }

  #requireKinds(type: ExpressionType, wanted: readonly ValueKind[], node: ExpressionNode, does: string): void {
    if (!type.kinds || type.kinds.size === 0 || wanted.some((kind) => type.kinds?.has(kind))) return;
    const names = wanted.filter((kind) => kind !== "null").map((kind) => nounOf[kind]);
    this.problems.push({
      kind: "operands",
      certain: true,
      message: `${does} ${names.join(" or ")}, and this is ${printKinds(type)}`,
      help:
        isOnly(type, "string") && does.startsWith("`in`") ? "write `text.contains(part)`" : "check the field's type",
      position: node.start,
    });
  }

  #refuse(op: string, left: ExpressionType, right: ExpressionType, node: ExpressionNode): void {
    this.problems.push({
      kind: "operands",
      certain: true,
      message: `\`${op}\` does not take ${printKinds(left)} and ${printKinds(right)}`,
      help: "compare and calculate with values of one type; `string(…)`, `int(…)` and `timestamp(…)` convert",
      position: node.start,
    });
  }
}

const resultKinds: ReadonlyMap<string, ValueKind> = new Map<string, ValueKind>([
  ["size", "number"],
  ["int", "number"],
  ["uint", "number"],
  ["double", "number"],
  ["string", "string"],
  ["bool", "bool"],
  ["bytes", "bytes"],
  ["type", "type"],
  ["duration", "duration"],
  ["timestamp", "timestamp"],
  ["matches", "bool"],
  ["lowercase", "string"],
  ["uppercase", "string"],
  ["b64decode", "string"],
  ["date", "timestamp"],
  ["now", "timestamp"],
  ["now_plus", "timestamp"],
  ["now_minus", "timestamp"],
]);

function helpWithNames(names: readonly string[], wanted: string): string {
  if (names.includes("data")) return `write \`data.${wanted}\`: the payload of an event is in \`data\``;
  if (names.length === 0) return "check the field's type";
  const all = [...new Set(names)];
  const shown = all.slice(0, 8).map((name) => `\`${name}\``);
  return `the fields are ${shown.join(", ")}${all.length > shown.length ? ", …" : ""}`;
}
