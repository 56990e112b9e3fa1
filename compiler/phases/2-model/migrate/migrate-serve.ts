import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import { nameInOurs, type Slot, type Value } from "../../1-source/evaluate/value.js";
import { removeProperty } from "./migrate-event-schemas.js";
import { type Migrating, ownCalls } from "./migrating.js";

/** Options of `serve` that SDK v4 has on the client. */
const movedOptions = ["signingKey", "signingKeyFallback", "baseUrl", "fetch"];

/** The options of `serve`: some have another name in SDK v4, some belong to the client. */
export function migrateServe(migrating: Migrating): void {
  const { reading } = migrating;
  const done = new Set<ts.Node>();
  for (const call of ownCalls(migrating, "serve")) {
    const [argument] = call.arguments;
    if (!argument) continue;
    if (nameInOurs(evaluate(reading.evaluation, call.expression, Scope.empty)) !== "serve") continue;
    const options = evaluate(reading.evaluation, argument, Scope.empty);
    if (options.kind !== "object" || done.has(options.node) || !migrating.isOwn(options.node.getSourceFile())) continue;
    done.add(options.node);
    for (const [name, slot] of options.properties) migrateOption(migrating, name, slot, options.properties);
  }
}

function migrateOption(migrating: Migrating, name: string, slot: Slot, all: ReadonlyMap<string, Slot>): void {
  const { edits } = migrating;
  const property = propertyOf(slot);
  if (name === "serveHost") {
    if (property && ts.isPropertyAssignment(property)) edits.replaceNode(property.name, "serveOrigin");
    else if (property) edits.replaceNode(property, `serveOrigin: ${name}`);
    else migrating.leave("kept-option", slot.node, "`serveHost` is `serveOrigin` in v4");
  } else if (name === "streaming" && slot.value.kind === "constant") {
    const { value } = slot.value;
    if (value !== "allow" && value !== "force") return;
    if (property && ts.isPropertyAssignment(property)) edits.replaceNode(property.initializer, "true");
    else migrating.leave("kept-option", slot.node, '`streaming: "allow"` is `streaming: true` in v4');
  } else if (name === "logLevel") {
    migrating.leave(
      "kept-option",
      property ?? slot.node,
      "`logLevel` is gone in v4: give the client a `logger` with that level",
    );
  } else if (movedOptions.includes(name)) {
    moveToClient(migrating, name, slot, all.get("client")?.value);
  }
}

function moveToClient(migrating: Migrating, name: string, slot: Slot, client: Value | undefined): void {
  const { edits } = migrating;
  const property = propertyOf(slot);
  const place = property ?? slot.node;
  const options = client?.kind === "new" ? client.node.arguments?.[0] : undefined;
  const isWritable = options && ts.isObjectLiteralExpression(options) && migrating.isOwn(options.getSourceFile());
  if (!property || !isWritable) {
    migrating.leave(
      "kept-option",
      place,
      `\`${name}\` belongs to the client in v4, whose options cannot be written to`,
    );
    return;
  }
  if (options.properties.some((each) => each.name?.getText() === name)) {
    migrating.leave("kept-option", place, `the client has a \`${name}\` already`);
    return;
  }
  const value = ts.isPropertyAssignment(property) ? property.initializer : null;
  if (!value || !isAvailableEverywhere(value)) {
    migrating.leave(
      "kept-option",
      place,
      `\`${name}\` belongs to the client in v4, and its value is not known in that module`,
    );
    return;
  }
  // After one that stays: `schemas` is taken away.
  const before = options.properties.find((each) => each.name?.getText() !== "schemas");
  const text = `${name}: ${value.getText()}`;
  if (!before) {
    migrating.leave(
      "kept-option",
      place,
      `\`${name}\` belongs to the client in v4, whose options cannot be written to`,
    );
    return;
  }
  const file = options.getSourceFile();
  const line = /\n[ \t]*$/.exec(file.text.slice(0, before.getStart(file)))?.[0] ?? " ";
  edits.replace(file, before.end, before.end, `,${line}${text}`);
  removeProperty(migrating, property);
}

/** A literal, or read from the environment: means the same in every module. */
function isAvailableEverywhere(node: ts.Expression): boolean {
  if (ts.isStringLiteralLike(node) || node.kind === ts.SyntaxKind.TrueKeyword || ts.isNumericLiteral(node)) return true;
  if (ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node)) return isAvailableEverywhere(node.expression);
  if (ts.isBinaryExpression(node)) return isAvailableEverywhere(node.left) && isAvailableEverywhere(node.right);
  return /^(process|import\.meta)\.env(\.\w+|\[["']\w+["']\])$/.test(node.getText());
}

function propertyOf({ node }: Slot): ts.PropertyAssignment | ts.ShorthandPropertyAssignment | null {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(node)) return node;
  return ts.isPropertyAssignment(parent) || ts.isShorthandPropertyAssignment(parent) ? parent : null;
}
