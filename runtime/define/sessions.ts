import { readEnvironment } from "./endpoint.js";

type Sessions = Readonly<Record<string, string>>;

/** The sessions that all events of a run are in; undefined where they share none. */
export function sessionsOf(events: readonly unknown[]): Sessions | undefined {
  const first = readSessions(events[0]);
  if (!first) return undefined;
  const shared = Object.entries(first).filter(([key, id]) =>
    events.every((event) => Object.entries(readSessions(event) ?? {}).some(([k, i]) => k === key && i === id)),
  );
  return shared.length === 0 ? undefined : Object.fromEntries(shared);
}

function readSessions(event: unknown): Sessions | undefined {
  const meta: unknown = Reflect.get(Object(event), "meta");
  const sessions: unknown = Reflect.get(Object(meta), "sessions");
  // Resolved by the runtime: text by text.
  return typeof sessions === "object" && sessions !== null ? (sessions as Sessions) : undefined;
}

/** `meta` of what a run starts: its own sessions win over the run's. */
export function inheritSessions(meta: unknown, sessions: Sessions | undefined): unknown {
  return sessions === undefined ? meta : { ...Object(meta), propagated_sessions: sessions };
}

/** Events that a run sends are in its sessions, unless their own say otherwise. */
export function sendInSessions(events: readonly unknown[], sessions: Sessions | undefined): readonly unknown[] {
  if (sessions === undefined) return events;
  return events.map((event) =>
    typeof event === "object" && event !== null
      ? { ...event, meta: inheritSessions(Reflect.get(event, "meta"), sessions) }
      : event,
  );
}

/** Those that go with what a run of this client starts: its option counts, then INNGEST_SESSION_PROPAGATION; by default all do. */
export function sessionsToPropagate(client: object, events: readonly unknown[]): Sessions | undefined {
  const sessions = sessionsOf(events);
  // Nearly no run is in one.
  if (sessions === undefined) return undefined;
  const options: unknown = Reflect.get(client, "options");
  const chosen: unknown = Reflect.get(Object(options), "sessionPropagation");
  if (typeof chosen === "boolean") return chosen ? sessions : undefined;
  const variables = readEnvironment();
  const said = variables["STEPWRIGHT_SESSION_PROPAGATION"] || variables["INNGEST_SESSION_PROPAGATION"] || "";
  return /^(?:0|false|no|off)$/i.test(said.trim()) ? undefined : sessions;
}
