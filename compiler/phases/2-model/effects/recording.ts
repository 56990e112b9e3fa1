import { ts } from "ts-morph";
import type { FunctionNode } from "../../1-source/evaluate/value.js";
import type { ReplayHazard } from "../model.js";
import { spanOf, type Reading } from "../reading.js";
import type { Origin } from "./taint.js";

/** Calls that give text or a number, which comes back from the journal as it went in. */
const plain = /(^|\.)(randomUUID|randomInt|now|random|nanoid|uuid|uuidv4|uuidv7|v4|v7|v1|createId|ulid|cuid)$/;

/** `const id = randomUUID()` in the handler's own body can be recorded in place; anything else is left to its author. */
export function recordingOf(reading: Reading, handler: FunctionNode, origin: Origin): ReplayHazard["recorded"] {
  const { entry, chain, through, name, kind } = origin;
  if (chain.length > 0 || through.length > 0 || kind === "io" || !plain.test(name)) return null;
  const declaration = entry.parent;
  if (!ts.isVariableDeclaration(declaration) || declaration.initializer !== entry) return null;
  if (!ts.isIdentifier(declaration.name) || functionAround(declaration) !== handler || !isAsync(handler)) return null;
  const step = nameOfStep(handler);
  if (step === null) return null;
  const id = declaration.name.text.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
  if (new RegExp(`["'\`]${id.replace(/\W/g, "\\$&")}["'\`]`).test(handler.getText())) return null;
  const text = `await ${step}.run("${id}", () => ${entry.getText()})`;
  return { span: spanOf(reading, entry), text };
}

function functionAround(node: ts.Node): ts.Node | null {
  for (let current = node.parent; current; current = current.parent) if (ts.isFunctionLike(current)) return current;
  return null;
}

function isAsync(node: FunctionNode): boolean {
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.AsyncKeyword)
  );
}

/** `step` of `({ event, step }) => …`, `ctx.step` of `(ctx) => …`. */
function nameOfStep(handler: FunctionNode): string | null {
  const name = handler.parameters[0]?.name;
  if (!name) return null;
  if (ts.isIdentifier(name)) return `${name.text}.step`;
  if (!ts.isObjectBindingPattern(name)) return null;
  for (const element of name.elements) {
    if ((element.propertyName ?? element.name).getText() === "step" && ts.isIdentifier(element.name)) {
      return element.name.text;
    }
  }
  return null;
}
