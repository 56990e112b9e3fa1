import type { AcceptedEvent } from "../event-record.js";
import type { LoadedApplication } from "../load-application.js";

/** Between the path and the value; in no path. */
const separator = "=";

/** The key of a wait: the awaited event has this value at this path. Null where the value cannot be a key. */
export function matchKeyOf(path: string, value: unknown): string | null {
  // A list or object equals another with its keys in another order; only what JSON writes in one way is a key.
  if (typeof value === "object" && value !== null) return null;
  return `${path}${separator}${JSON.stringify(value ?? null)}`;
}

/** The keys under which waits for this event may be parked; null when nobody waits for events of this name. */
export function eventMatchKeys({ record, payload }: AcceptedEvent, app: LoadedApplication): string[] | null {
  const paths = app.waitPaths(record.name);
  if (!paths) return null;
  const keys = [""];
  for (const path of paths) {
    const key = path === "" ? null : matchKeyOf(path, valueAt(payload, path.split(".")));
    if (key !== null) keys.push(key);
  }
  return keys;
}

/** The value at a path of own properties; null where something is missing. */
export function valueAt(value: unknown, path: readonly string[]): unknown {
  let at: unknown = value;
  for (const name of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, name)) return null;
    at = (at as Record<string, unknown>)[name];
  }
  return at ?? null;
}
