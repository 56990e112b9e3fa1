import { isRich, readRich, writeRich } from "../define/rich-json.js";

/**
 * In a request or an answer, which is one JSON text, rich data cannot say what it is by how it begins: it stands in this field. So does
 * a user's own object that has this field alone, marked as plain.
 */
const tag = "$rich";

/** @param text of `writeJson` */
export function toWireData(text: string): unknown {
  const data: unknown = JSON.parse(text);
  if (isRich(text)) return { [tag]: data };
  return isTagged(data) ? { [tag]: { $plain: data } } : data;
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
    // As `writeRich` begins.
    const value = readRich(` ${JSON.stringify(data[tag])}`);
    return JSON.stringify(toWireData(writeRich(value))) === JSON.stringify(data) ? value : data;
  } catch {
    return data;
  }
}

function isTagged(data: unknown): data is { [tag]: unknown } {
  return typeof data === "object" && data !== null && Object.hasOwn(data, tag) && Object.keys(data).length === 1;
}
