import { isRich, readRich, writeRich } from "../define/rich-json.js";

/**
 * In a request or an answer, which is one JSON text, rich data cannot say what it is by how it begins: it stands in this field. So does
 * a user's own object that has this field alone, as JSON text.
 */
const tag = "$rich";
const plainTag = "$json";

/** @param text of `writeJson` */
export function toWireData(text: string): unknown {
  const data: unknown = JSON.parse(text);
  if (isRich(text)) return { [tag]: data };
  return isTagged(data) ? { [tag]: { [plainTag]: JSON.stringify(data) } } : data;
}

/** The same as text, without parsing what needs none. */
export function toWireText(text: string): string {
  if (isRich(text)) return `{"${tag}":${text}}`;
  return text.startsWith(`{"${tag}":`) ? JSON.stringify(toWireData(text)) : text;
}

/** What `toWireData` has made; other data, as that of other SDKs, stays as it is. */
export function fromWireData(data: unknown): unknown {
  if (!isTagged(data)) return data;
  try {
    const value = readTagged(data[tag]);
    return JSON.stringify(toWireData(writeRich(value))) === JSON.stringify(data) ? value : data;
  } catch {
    return data;
  }
}

function readTagged(inner: unknown): unknown {
  const plain = typeof inner === "object" && inner !== null ? (inner as { [plainTag]?: unknown })[plainTag] : undefined;
  // As `writeRich` begins.
  return typeof plain === "string" ? JSON.parse(plain) : readRich(` ${JSON.stringify(inner)}`);
}

function isTagged(data: unknown): data is { [tag]: unknown } {
  return typeof data === "object" && data !== null && Object.hasOwn(data, tag) && Object.keys(data).length === 1;
}
