/** The limits that the public protocol has for them. */
const mostSessions = 5;
const mostKeyBytes = 128;
const mostIdBytes = 512;

export const sessionsHelp = 'give them as `meta: { sessions: { organization: "acme" } }`, text or numbers';

export type ResolvedMeta =
  { readonly ok: true; readonly meta: unknown } | { readonly ok: false; readonly problem: string };

/**
 * The `meta` of an event as it is stored and handed on: the sessions that were inherited from the sending run and those that
 * its code gave are one. The code's own win; null takes an inherited one away, or all of them.
 *
 * @example resolveSessions({ sessions: { org: "b" }, propagated_sessions: { org: "a", team: "x" } })
 * // { sessions: { org: "b", team: "x" } }
 */
export function resolveSessions(meta: unknown): ResolvedMeta {
  if (meta === undefined || meta === null) return { ok: true, meta: undefined };
  if (!isRecord(meta)) return problem("`meta` is no object");
  const { sessions, propagated_sessions: inherited, ...rest } = meta;
  if (sessions === undefined && inherited === undefined) return { ok: true, meta };
  const own = readLayer(sessions ?? {}, true);
  // Null for the whole: nothing is inherited.
  const given = readLayer(sessions === null ? {} : (inherited ?? {}), false);
  if (typeof own === "string") return problem(own);
  if (typeof given === "string") return problem(given);
  const merged = new Map([...own].flatMap(([key, id]) => (id === null ? [] : [[key, id] as const])));
  if (merged.size > mostSessions) return problem(`an event can be in at most ${mostSessions} sessions`);
  for (const key of [...given.keys()].sort()) {
    if (merged.size < mostSessions && !own.has(key)) merged.set(key, given.get(key)!);
  }
  const resolved = { ...rest, ...(merged.size > 0 && { sessions: Object.fromEntries(merged) }) };
  return { ok: true, meta: Object.keys(resolved).length > 0 ? resolved : undefined };
}

/** The ids by the names of their sessions, numbers as text; or what is wrong. */
function readLayer(layer: unknown, withNull: true): Map<string, string | null> | string;
function readLayer(layer: unknown, withNull: false): Map<string, string> | string;
function readLayer(layer: unknown, withNull: boolean): Map<string, string | null> | string {
  if (!isRecord(layer)) return "the sessions of `meta` are no object";
  const read = new Map<string, string | null>();
  for (const [key, value] of Object.entries(layer)) {
    const shown = JSON.stringify(key.slice(0, 100));
    if (key === "" || Buffer.byteLength(key) > mostKeyBytes) {
      return `the name of session ${shown} must have 1 to ${mostKeyBytes} bytes`;
    }
    const id = typeof value === "number" ? String(value) : value;
    if (id === null && withNull) read.set(key, null);
    else if (typeof id !== "string") return `session ${shown} must be text or a number`;
    else if (id === "" || Buffer.byteLength(id) > mostIdBytes) {
      return `the id of session ${shown} must have 1 to ${mostIdBytes} bytes`;
    } else read.set(key, id);
  }
  return read;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function problem(text: string): ResolvedMeta {
  return { ok: false, problem: text };
}
