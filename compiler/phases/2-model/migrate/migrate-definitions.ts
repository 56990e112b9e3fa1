import { ts } from "ts-morph";
import { evaluate } from "../../1-source/evaluate/evaluate.js";
import { Scope } from "../../1-source/evaluate/scope.js";
import type { Migrating } from "./migrating.js";

/** `createFunction(config, trigger, handler)` → `createFunction({ ...config, triggers: [trigger] }, handler)`. */
export function migrateDefinitions(migrating: Migrating): void {
  for (const node of migrating.reading.functionsAt.keys()) {
    if (ts.isCallExpression(node)) migrateDefinition(migrating, node);
  }
}

function migrateDefinition(migrating: Migrating, call: ts.CallExpression): void {
  const [config, trigger, handler] = call.arguments;
  if (call.arguments.some(ts.isSpreadElement)) {
    if (call.arguments.length < 3)
      migrating.leave("kept-definition", call, "its arguments are spread: which is the trigger cannot be told");
    return;
  }
  if (!config || !trigger || !handler) return;
  if (!migrating.isOwn(call.getSourceFile())) {
    migrating.leave("kept-definition", call, "it is in another package: run this there");
    return;
  }
  if (ts.isObjectLiteralExpression(config) && config.properties.some((property) => nameOf(property) === "triggers")) {
    migrating.leave("kept-definition", config, "it has triggers in both places, which is an error");
    return;
  }
  const isList = isListOfTriggers(migrating, trigger);
  if (isList === null) {
    migrating.leave("kept-definition", trigger, `\`${shorten(trigger)}\` can be one trigger or a list`);
    return;
  }
  const { edits } = migrating;
  const file = call.getSourceFile();
  const text = edits.take(trigger);
  const triggers = `triggers: ${isList ? text : `[${text}]`}`;
  if (ts.isObjectLiteralExpression(config)) addProperty(migrating, config, triggers, indentAt(file, trigger));
  else
    edits.replaceNode(
      config,
      `{ ...${needsParentheses(config) ? `(${config.getText()})` : config.getText()}, ${triggers} }`,
    );
  removeArgument(migrating, trigger);
}

/** Null when it cannot be told. */
function isListOfTriggers({ reading }: Migrating, trigger: ts.Expression): boolean | null {
  const value = evaluate(reading.evaluation, trigger, Scope.empty);
  if (value.kind === "array") return true;
  if (value.kind === "object") return false;
  const { checker } = reading.evaluation;
  const type = checker.getTypeAtLocation(trigger);
  if (type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter)) return null;
  const parts = type.isUnion() ? type.types : [type];
  const lists = parts.map((part) => checker.isArrayType(part) || checker.isTupleType(part));
  if (lists.every((list) => list)) return true;
  const isObject = parts.every((part) => (part.flags & ts.TypeFlags.Object) !== 0);
  return isObject && !lists.includes(true) ? false : null;
}

/** The argument with the comma behind it; comments stay where they are. */
function removeArgument({ edits }: Migrating, argument: ts.Expression): void {
  const file = argument.getSourceFile();
  const { text } = file;
  const comments = ts.getTrailingCommentRanges(text, argument.end) ?? [];
  const comma = text.indexOf(",", comments.at(-1)?.end ?? argument.end);
  if (comments.length > 0) {
    edits.replace(file, argument.getStart(file), argument.end, "");
    edits.replace(file, comma, comma + 1, "");
    return;
  }
  const space = /^\s*/.exec(text.slice(comma + 1))?.[0].length ?? 0;
  edits.replace(file, argument.getStart(file), comma + 1 + space, "");
}

/** Adds a property at the end of an object, on a line of its own where the others have one. */
function addProperty({ edits }: Migrating, object: ts.ObjectLiteralExpression, property: string, from: string): void {
  const file = object.getSourceFile();
  const { text } = file;
  const last = object.properties.at(-1);
  if (!last) {
    edits.replaceNode(object, `{ ${property} }`);
    return;
  }
  const indent = indentAt(file, last);
  const ownLine = file.getLineAndCharacterOfPosition(last.getStart(file)).line;
  const isMultiLine = ownLine !== file.getLineAndCharacterOfPosition(object.getStart(file)).line;
  if (!isMultiLine) {
    edits.replace(file, last.end, last.end, `, ${property}`);
    return;
  }
  const moved = property.includes("`") ? property : property.replaceAll(`\n${from}`, `\n${indent}`);
  const comma = object.properties.hasTrailingComma ? text.indexOf(",", last.end) + 1 : null;
  const comments = ts.getTrailingCommentRanges(text, comma ?? last.end) ?? [];
  const end = comments.at(-1)?.end ?? comma ?? last.end;
  if (comma === null) edits.replace(file, last.end, last.end, ",");
  edits.replace(file, end, end, `\n${indent}${moved}${comma === null ? "" : ","}`);
}

function indentAt(file: ts.SourceFile, node: ts.Node): string {
  const start = node.getStart(file);
  const line = file.text.slice(file.text.lastIndexOf("\n", start - 1) + 1, start);
  return /^\s*/.exec(line)?.[0] ?? "";
}

function nameOf(property: ts.ObjectLiteralElementLike): string | null {
  const { name } = property;
  return name && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : null;
}

function needsParentheses(node: ts.Expression): boolean {
  return ts.isConditionalExpression(node) || ts.isArrowFunction(node) || ts.isYieldExpression(node);
}

function shorten(node: ts.Node): string {
  const text = node.getText().replaceAll(/\s+/g, " ");
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
