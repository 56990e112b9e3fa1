/** Which places of a program hold the name of an event, and what an editor offers there. */
import type { ts } from "ts-morph";

/** Properties that hold an event's name, and the methods in whose arguments they do. */
const callees: Readonly<Record<string, readonly string[]>> = {
  event: ["createFunction", "waitForEvent"],
  name: ["sendEvent", "send"],
};
const listsOfTriggers = ["triggers", "cancelOn"];

/** The literal of an event's name that `position` is in; null when there is none. */
export function findEventName(
  typescript: typeof ts,
  program: ts.Program,
  fileName: string,
  position: number,
): ts.StringLiteralLike | null {
  const file = program.getSourceFile(fileName);
  const literal = file && findLiteral(typescript, file, position);
  if (!literal || !typescript.isPropertyAssignment(literal.parent) || literal.parent.initializer !== literal) {
    return null;
  }
  const key = nameOf(typescript, literal.parent.name);
  const allowed = key !== null && Object.hasOwn(callees, key) ? callees[key] : undefined;
  if (!allowed) return null;
  const call = findCall(typescript, literal.parent.parent, key === "event");
  if (!call || !typescript.isPropertyAccessExpression(call.expression)) return null;
  const { name, expression: receiver } = call.expression;
  if (!allowed.includes(name.text)) return null;
  // Much can `send`; what can create functions as well is a client.
  const checked = name.text === "send" ? program.getTypeChecker().getTypeAtLocation(receiver) : null;
  return checked && checked.getProperty("createFunction") === undefined ? null : literal;
}

/** `prior` with the events it does not have; they replace what is in the quotes. */
export function offerEvents(
  typescript: typeof ts,
  prior: ts.WithMetadata<ts.CompletionInfo> | undefined,
  literal: ts.StringLiteralLike,
  position: number,
  eventNames: readonly string[],
): ts.WithMetadata<ts.CompletionInfo> | undefined {
  const known = new Set(prior?.entries.map(({ name }) => name));
  const start = literal.getStart() + 1;
  // Without its end quote a literal goes on to the end of the line, with all that stands there.
  const end = isClosed(literal) ? literal.end - 1 : position;
  const entries = eventNames
    // While a name is being written, the empty one is an event as well.
    .filter((name) => name !== "" && !known.has(name))
    .map((name) => ({
      name,
      kind: typescript.ScriptElementKind.string,
      kindModifiers: "",
      sortText: "11",
      replacementSpan: { start, length: end - start },
    }));
  if (entries.length === 0) return prior;
  const empty = {
    isGlobalCompletion: false,
    isMemberCompletion: false,
    isNewIdentifierLocation: false,
    entries: [],
  };
  const base = prior ?? empty;
  return { ...base, entries: [...base.entries, ...entries] };
}

function findLiteral(typescript: typeof ts, file: ts.SourceFile, position: number): ts.StringLiteralLike | null {
  const visit = (node: ts.Node): ts.StringLiteralLike | undefined => {
    if (position < node.pos || position > node.end) return undefined;
    if (!typescript.isStringLiteralLike(node)) return typescript.forEachChild(node, visit);
    const last = isClosed(node) ? node.end - 1 : node.end;
    return position > node.getStart(file) && position <= last ? node : undefined;
  };
  return visit(file) ?? null;
}

function isClosed(literal: ts.StringLiteralLike): boolean {
  const text = literal.getText();
  return text.length > 1 && text.at(-1) === text[0];
}

/** The call that an object is an argument of, alone or in a list; with `inConfig` also from within the configuration. */
function findCall(typescript: typeof ts, object: ts.Expression, inConfig: boolean): ts.CallExpression | null {
  let child: ts.Node = object;
  while (
    typescript.isArrayLiteralExpression(child.parent) ||
    typescript.isParenthesizedExpression(child.parent) ||
    typescript.isAsExpression(child.parent) ||
    typescript.isSatisfiesExpression(child.parent)
  ) {
    child = child.parent;
  }
  const { parent } = child;
  if (typescript.isCallExpression(parent)) return parent.expression === child ? null : parent;
  if (!inConfig || !typescript.isPropertyAssignment(parent)) return null;
  const list = nameOf(typescript, parent.name);
  return list !== null && listsOfTriggers.includes(list) ? findCall(typescript, parent.parent, false) : null;
}

function nameOf(typescript: typeof ts, name: ts.PropertyName): string | null {
  return typescript.isIdentifier(name) || typescript.isStringLiteral(name) ? name.text : null;
}
