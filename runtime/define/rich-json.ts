/**
 * Values that JSON cannot say, as JSON that people can read: `{"$date": "2026-01-01T00:00:00.000Z"}`.
 *
 * A text of this kind begins with a space, which `JSON.stringify` never writes: no data of a user can pretend to be one,
 * and every reader of JSON can read it.
 */
const marker = " ";
const markerCode = marker.charCodeAt(0);

/** @throws TypeError where a value refers to itself, or holds what cannot be written */
export function writeRich(value: unknown): string {
  const writer = new RichWriter();
  const tagged = writer.tag(value, "");
  // Plain data stays plain JSON.
  return writer.found ? marker + JSON.stringify(tagged) : (JSON.stringify(value) ?? "null");
}

export function isRich(text: string): boolean {
  return text.charCodeAt(0) === markerCode;
}

/** What `writeRich` has written, or any JSON. */
export function readRich(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return isRich(text) ? revive(value) : value;
}

class RichWriter {
  found = false;
  readonly #within = new Set<object>();

  /** The value as JSON can say it; undefined for what JSON leaves out. */
  tag(value: unknown, key: string): unknown {
    if (typeof value === "bigint") return this.#found({ $bigint: String(value) });
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Date) {
      return this.#found({ $date: Number.isNaN(value.getTime()) ? null : value.toISOString() });
    }
    if (value instanceof URL) return this.#found({ $url: value.href });
    if (value instanceof Uint8Array) return this.#found({ $bytes: Buffer.from(value).toString("base64") });
    if (this.#within.has(value)) throw new TypeError("it refers to itself");
    this.#within.add(value);
    const tagged = this.#tagObject(value, key);
    this.#within.delete(value);
    return tagged;
  }

  #tagObject(value: object, key: string): unknown {
    if (value instanceof Map) {
      const entries = [...value].map(([name, each]) => [this.#element(name), this.#element(each)]);
      return this.#found({ $map: entries });
    }
    if (value instanceof Set) return this.#found({ $set: [...value].map((each) => this.#element(each)) });
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return this.tag(toJSON.call(value, key), key);
    if (Array.isArray(value)) return value.map((each) => this.#element(each));
    // Without a prototype: `__proto__` is a name like any other in it.
    const tagged = Object.create(null) as Record<string, unknown>;
    const names = Object.keys(value);
    for (const name of names) tagged[name] = this.tag((value as Record<string, unknown>)[name], name);
    // The user's own object looks like one of ours.
    return names.length === 1 && names[0]!.startsWith("$") ? { $plain: tagged } : tagged;
  }

  #element(value: unknown): unknown {
    const tagged = this.tag(value, "");
    return tagged === undefined || typeof tagged === "function" || typeof tagged === "symbol" ? null : tagged;
  }

  #found<T>(tagged: T): T {
    this.found = true;
    return tagged;
  }
}

function revive(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(revive);
  const names = Object.keys(value);
  if (names.length === 1 && names[0]!.startsWith("$")) return reviveTag(names[0]!, Object.values(value)[0]);
  return reviveFields(value);
}

function reviveFields(value: object): object {
  for (const [name, each] of Object.entries(value)) {
    if (typeof each !== "object" || each === null) continue;
    // Not by assignment: that of `__proto__` does something else.
    Object.defineProperty(value, name, { value: revive(each), writable: true, enumerable: true, configurable: true });
  }
  return value;
}

function reviveTag(tag: string, value: unknown): unknown {
  switch (tag) {
    case "$bigint":
      return BigInt(String(value));
    case "$date":
      return new Date(value === null ? Number.NaN : String(value));
    case "$url":
      return new URL(String(value));
    case "$bytes":
      return new Uint8Array(Buffer.from(String(value), "base64"));
    case "$map":
      return new Map((value as [unknown, unknown][]).map(([name, each]) => [revive(name), revive(each)]));
    case "$set":
      return new Set((value as unknown[]).map(revive));
    case "$plain":
      return reviveFields(value as object);
    default:
      throw new Error(`internal error: ${tag} is no tag of rich JSON`);
  }
}
