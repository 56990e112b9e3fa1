/**
 * JSON in the one form that has the same bytes for the same value (RFC 8785): no white space, keys in the order of their
 * UTF-16 units. Both sides sign that form, since a framework may have parsed the body on the way.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const source = value as Readonly<Record<string, unknown>>;
  const fields = Object.keys(source)
    .filter((key) => source[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(source[key])}`);
  return `{${fields.join(",")}}`;
}
