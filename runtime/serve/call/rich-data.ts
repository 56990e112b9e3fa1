import { isRich, readRich } from "../../define/rich-json.js";

/** In an answer, which is one JSON text, rich data cannot say what it is by how it begins: it stands in this field. */
const tag = "$rich";

/** @param text of `writeJson` */
export function toWireData(text: string): unknown {
  const data: unknown = JSON.parse(text);
  return isRich(text) ? { [tag]: data } : data;
}

/** What was recorded, for a function whose results are rich. */
export function fromWireData(data: unknown): unknown {
  if (typeof data !== "object" || data === null || !Object.hasOwn(data, tag)) return data;
  if (Object.keys(data).length > 1) return data;
  // As `writeRich` begins.
  return readRich(` ${JSON.stringify(Reflect.get(data, tag))}`);
}
