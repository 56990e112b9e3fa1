import { parseSafeJson } from "./safe-json.js";
import { RequestError } from "./request-error.js";

/**
 * The events of a body: one object, a list, or NDJSON (one object a line, blank lines between are fine). Lines are recognised by
 * what they are, not by the content type, which senders often leave at `application/json`. What an event may be is judged
 * by the engine.
 *
 * @throws RequestError
 */
export function readEvents(text: string, contentType: string | undefined): readonly unknown[] {
  const lines = looksLikeLines(text, contentType);
  if (lines !== null) {
    const events: unknown[] = [];
    lines.forEach((line, index) => {
      if (line.trim() === "") return;
      const event = parseSafeJson(line, `line ${index + 1}`);
      if (Array.isArray(event)) throw notAnEvent(`line ${index + 1} is a list`);
      events.push(event);
    });
    return events;
  }
  const value = parseSafeJson(text, "the body");
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null) throw notAnEvent(`the body is ${describe(value)}`);
  return [value];
}

/** The lines of NDJSON; null when the text is one JSON value, however many lines that takes. */
function looksLikeLines(text: string, contentType: string | undefined): string[] | null {
  if (contentType?.startsWith("application/x-ndjson")) return text.split("\n");
  const start = text.trimStart();
  const end = start.indexOf("\n");
  // a first line that is a whole object cannot be the beginning of one JSON value, unless nothing follows
  if (end === -1 || !start.startsWith("{") || !/\}\s*$/.test(start.slice(0, end))) return null;
  if (!isJson(start.slice(0, end)) || start.slice(end).trim() === "") return null;
  return text.split("\n");
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function notAnEvent(message: string): RequestError {
  return new RequestError(
    400,
    "invalid-event",
    message,
    "send an object with `name` and `data`, a list of them, or lines",
  );
}

const describe = (value: unknown) => (value === null ? "null" : `a ${typeof value}`);
