import type { EventRecord } from "../../store/records.js";
import type { AcceptedEvent } from "../event-record.js";

/** Between the path and the value; in no path. */
const separator = "=";

/** The key of a wait: the awaited event has this value at this path. Null where the value cannot be a key. */
export function matchKeyOf(path: string, value: unknown): string | null {
  // A list or object equals another with its keys in another order; only what JSON writes in one way is a key.
  if (typeof value === "object" && value !== null) return null;
  return `${path}${separator}${JSON.stringify(value ?? null)}`;
}

/** The paths by which parked waits for events of that name are keyed; undefined when nobody waits for one. */
export type WaitPaths = (eventName: string) => ReadonlySet<string> | undefined;

/**
 * Stores an event. Which waits it may be for is asked when it is committed, not when it is planned: a wait that is asked for between the
 * two may be committed first, and then waits for this event.
 */
export class EventWrite {
  readonly kind = "event";

  constructor(
    readonly accepted: AcceptedEvent,
    readonly waitPaths: WaitPaths,
  ) {}

  get event(): EventRecord {
    return this.accepted.record;
  }

  /** The keys under which waits for it may be parked; null when nobody waits for events of its name. */
  get matchKeys(): readonly string[] | null {
    const paths = this.waitPaths(this.accepted.record.name);
    if (!paths) return null;
    const { payload } = this.accepted;
    const keys = [""];
    for (const path of paths) {
      const key = path === "" ? null : matchKeyOf(path, valueAt(payload, path.split(".")));
      if (key !== null) keys.push(key);
    }
    return keys;
  }
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
