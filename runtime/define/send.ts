import { ambient, type PreparedEvent } from "./ambient.js";
import { postWithRetries } from "./post.js";
import type { Endpoint } from "./endpoint.js";
import type { EventPayload, SendEventBaseOutput } from "./event-payload.js";
import type { Logger } from "./logger.js";
import { defaultMaxEventBytes, prepareEvents } from "./prepare-events.js";
import { sendInSessions, sessionsToPropagate } from "./sessions.js";
import type { StandardSchemaV1 } from "./standard-schema.js";

export interface SendOptions {
  endpoint: Endpoint;
  /** Of `data`, by event name. */
  schemas: ReadonlyMap<string, StandardSchemaV1> | undefined;
  maxEventBytes: number | undefined;
  logger: Logger;
  env: string | undefined;
  /** Takes the events through middleware around the sending; null where there is none. */
  through:
    | ((
        events: readonly EventPayload[],
        send: (events: readonly EventPayload[]) => Promise<SendEventBaseOutput>,
      ) => Promise<SendEventBaseOutput>)
    | null;
}

/** Checks, completes and sends events: to the runtime in this process where there is one, else over HTTP. */
export async function sendEvents(payload: unknown, options: SendOptions): Promise<SendEventBaseOutput> {
  const given = inSessionsOfRun(Array.isArray(payload) ? payload : [payload]);
  const { through } = options;
  if (!through) return sendList(given, options.schemas, options);
  // Before the middleware: what it encrypts or packs is no longer what the schemas describe.
  await prepareEvents(given, preparation(options.schemas, options));
  return through(given, (events) => sendList(events, undefined, options));
}

/** In a handler: what it sends outside of steps is in the run's sessions as well. */
function inSessionsOfRun(events: readonly any[]): readonly any[] {
  const { app, execution } = ambient.currentContext?.() ?? {};
  return app && execution ? sendInSessions(events, sessionsToPropagate(app, execution.ctx.events)) : events;
}

const preparation = (schemas: SendOptions["schemas"], { maxEventBytes }: SendOptions) => ({
  schemas,
  maxEventBytes: maxEventBytes ?? defaultMaxEventBytes,
  now: Date.now(),
});

async function sendList(
  given: readonly unknown[],
  schemas: SendOptions["schemas"],
  options: SendOptions,
): Promise<SendEventBaseOutput> {
  if (given.length === 0) {
    options.logger.warn("`send` was called with an empty list: there is nothing to send");
    return { ids: [] };
  }
  const events = await prepareEvents(given, preparation(schemas, options));
  const env = options.env ?? options.endpoint.env;
  if (ambient.send) {
    // No request can get lost on the way, so an id that was made here would only cost the runtime its check.
    const own = events.map((event, index) => (hasId(given[index]) ? event : { ...event, id: undefined }));
    return ambient.send(own, env === undefined ? {} : { env });
  }
  return postEvents(events, options.endpoint, env);
}

const hasId = (given: unknown): boolean => typeof (given as { id?: unknown }).id === "string";

async function postEvents(
  events: readonly PreparedEvent[],
  endpoint: Endpoint,
  env: string | undefined,
): Promise<SendEventBaseOutput> {
  // a path needs a key: a runtime on this machine takes any
  const url = `${endpoint.eventUrl}/e/${encodeURIComponent(endpoint.eventKey ?? "local")}`;
  const answer = await postWithRetries(url, JSON.stringify(events), endpoint, env);
  const ids = (answer as { ids?: unknown } | null)?.ids;
  const complete = Array.isArray(ids) && ids.length === events.length && ids.every((id) => typeof id === "string");
  return { ids: complete ? ids : events.map((event) => event.id) };
}
