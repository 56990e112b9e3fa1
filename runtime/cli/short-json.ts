/** A value in one line of at most `width` characters, for people. */
export function shortJson(value: unknown, width = 80): string {
  const text = JSON.stringify(value) ?? "null";
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** The first line of a serialised error: `TypeError: x is not a function`. */
export function shortError(error: unknown, width = 160): string {
  if (typeof error !== "object" || error === null) return shortJson(error, width);
  const name = "name" in error && typeof error.name === "string" ? error.name : "Error";
  const message = "message" in error && typeof error.message === "string" ? error.message : shortJson(error, width);
  const line = `${name}: ${message.split("\n", 1)[0]}`;
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
