import { RequestError } from "./request-error.js";

/** Deeper than any real payload, and far from what overflows the stack of code that walks it recursively. */
const deepestNesting = 500;

/**
 * Parses JSON that somebody else wrote. `where` begins the message (`the body`, `line 3`).
 *
 * Keys that could reach a prototype when the value is merged into another one are refused: `__proto__`, and a
 * `constructor` with a `prototype` inside; a plain field named `constructor` is fine.
 *
 * @throws RequestError `malformed-json`, `unsafe-key`, `nested-too-deep`
 */
export function parseSafeJson(text: string, where: string): unknown {
  const value = parse(text, where);
  inspect(value, where);
  return value;
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RequestError(400, "malformed-json", `${where} is not JSON: ${reason}`, "send valid JSON in UTF-8");
  }
}

/** Walks with a list of its own: the value may be nested deeper than the stack. */
function inspect(root: unknown, where: string): void {
  if (typeof root !== "object" || root === null) return;
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > deepestNesting) {
      throw new RequestError(
        400,
        "nested-too-deep",
        `${where} is nested deeper than ${deepestNesting} levels`,
        "send flatter data, or the deep part as a string",
      );
    }
    const next: object[] = [];
    for (const parent of level) {
      if (!Array.isArray(parent)) refuseUnsafeKeys(parent, where);
      for (const child of Object.values(parent)) if (typeof child === "object" && child !== null) next.push(child);
    }
    level = next;
  }
}

function refuseUnsafeKeys(parent: object, where: string): void {
  const key = Object.hasOwn(parent, "__proto__")
    ? "__proto__"
    : Object.hasOwn(parent, "constructor") && hasPrototype(parent.constructor)
      ? "constructor.prototype"
      : null;
  if (key === null) return;
  throw new RequestError(400, "unsafe-key", `${where} has the key \`${key}\``, "rename the key: it is not accepted");
}

function hasPrototype(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "prototype");
}
