import { createHash } from "node:crypto";

/** SHA-256 (hex) of plain data. Keys count in the order in which the compiler always writes them. */
export function hashContent(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value, withoutLocations)).digest("hex");
}

/** Code that only moved is the same code. */
function withoutLocations(key: string, value: unknown): unknown {
  return (key === "location" || key === "export") && isPlace(value) ? undefined : value;
}

/** A property of a JSON Schema may have the same name; it is no place in a file. */
const isPlace = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("file" in value || "module" in value) && !("type" in value);
