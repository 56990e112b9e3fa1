import { isDeepStrictEqual } from "node:util";

/** `narrowed`: values of the old schema do not fit the new; `widened`: the other way; `unclear`: not decided. */
export interface SchemaChange {
  readonly kind: "added-required" | "added-optional" | "removed" | "narrowed" | "widened" | "unclear";
  /** Dotted, `data` at the root. */
  readonly path: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Compares two JSON Schemas of data by fields, types and enums; keywords beyond these only as equal or not. */
export function compareSchemas(before: unknown, after: unknown, path = "data"): SchemaChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isFields(before) || !isFields(after)) return [{ kind: "unclear", path }];
  const changes = [...compareValues(before, after, path), ...compareFields(before, after, path)];
  if (before["items"] !== undefined && after["items"] !== undefined) {
    changes.push(...compareSchemas(before["items"], after["items"], `${path}[]`));
  }
  return isDeepStrictEqual(otherKeywords(before), otherKeywords(after))
    ? changes
    : [...changes, { kind: "unclear", path }];
}

function compareFields(before: Fields, after: Fields, path: string): SchemaChange[] {
  const old = readFields(before["properties"]);
  const now = readFields(after["properties"]);
  const oldRequired = readList(before["required"]);
  const required = readList(after["required"]);
  return [...new Set([...old.keys(), ...now.keys(), ...oldRequired, ...required])].flatMap((name): SchemaChange[] => {
    const at = `${path}.${name}`;
    if (required.has(name) && !oldRequired.has(name)) return [{ kind: "added-required", path: at }];
    if (!now.has(name)) return old.has(name) ? [{ kind: "removed", path: at }] : [];
    if (!old.has(name)) return [{ kind: "added-optional", path: at }];
    const inner = compareSchemas(old.get(name), now.get(name), at);
    return oldRequired.has(name) && !required.has(name) ? [{ kind: "widened", path: at }, ...inner] : inner;
  });
}

function compareValues(before: Fields, after: Fields, path: string): SchemaChange[] {
  const changes: SchemaChange[] = [];
  for (const read of [readTypes, readEnum]) {
    const old = read(before);
    const now = read(after);
    if (now !== null && (old === null || [...old].some((value) => !admits(now, value)))) {
      changes.push({ kind: "narrowed", path });
    }
    if (old !== null && (now === null || [...now].some((value) => !admits(old, value)))) {
      changes.push({ kind: "widened", path });
    }
  }
  return changes;
}

function admits(allowed: ReadonlySet<string>, value: string): boolean {
  return allowed.has(value) || (value === "integer" && allowed.has("number"));
}

/** Null: any type. */
function readTypes(schema: Fields): ReadonlySet<string> | null {
  const type = schema["type"];
  return typeof type === "string" ? new Set([type]) : Array.isArray(type) ? readList(type) : null;
}

/** The constants as JSON text; null: any value. */
function readEnum(schema: Fields): ReadonlySet<string> | null {
  if (Object.hasOwn(schema, "const")) return new Set([JSON.stringify(schema["const"])]);
  const values: unknown = schema["enum"];
  return Array.isArray(values) ? new Set(values.map((value) => JSON.stringify(value))) : null;
}

const judged = new Set(["type", "enum", "const", "properties", "required", "title", "description", "examples"]);

function otherKeywords(schema: Fields): [string, unknown][] {
  return Object.entries(schema)
    .filter(([key]) => !judged.has(key))
    .map(([key, value]): [string, unknown] => (key === "items" ? [key, true] : [key, value]))
    .sort(([left], [right]) => (left < right ? -1 : 1));
}

function readFields(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isFields(value) ? Object.entries(value) : []);
}

function readList(value: unknown): ReadonlySet<string> {
  return new Set(Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
