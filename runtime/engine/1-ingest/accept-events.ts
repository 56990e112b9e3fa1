import * as z from "zod";
import { RuntimeError, type EngineLimits } from "../engine.js";
import { makeEvent, type AcceptedEvent } from "../event-record.js";
import { resolveSessions, sessionsHelp } from "../event-sessions.js";

export interface IngestServices {
  readonly limits: EngineLimits;
  readonly now: number;
  readonly newId: () => string;
  /** Checks `data` against the event's declared schema; the problems, or null. */
  readonly checkData: (event: AcceptedEvent) => Promise<string | null> | string | null;
}

// Not a record of zod's, which copies what it checks: data is the large part of an event.
function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const maxLength = 512;

// The given text is not shown: it is long.
const boundedText = z
  .string()
  .min(1)
  .max(maxLength, { error: ({ input }) => `has ${String(input).length} characters, the limit is ${maxLength}` });

const eventSchema = z.object({
  name: boundedText,
  data: z.custom<object>(isObject, "must be an object").nullish(),
  id: boundedText.nullish(),
  ts: z.number().int().min(0).max(8.64e15).nullish(),
  user: z.unknown().optional(),
  v: z.string().nullish(),
  meta: z.unknown().optional(),
});

const reservedPrefix = "inngest/";

/**
 * Checks the events and makes them records. Either all are accepted or none is.
 *
 * @throws RuntimeError `too-many-events`, `invalid-event`, `event-too-large`, `schema-mismatch`
 */
export async function acceptEvents(given: readonly unknown[], services: IngestServices): Promise<AcceptedEvent[]> {
  const { eventsPerRequest } = services.limits;
  if (given.length > eventsPerRequest) {
    const message = `${given.length} events in one request, the limit is ${eventsPerRequest}`;
    throw new RuntimeError("too-many-events", message, "send them in several requests");
  }
  const accepted: AcceptedEvent[] = [];
  for (const [index, event] of given.entries()) {
    const one = acceptEvent(event, index, services);
    const problem = services.checkData(one);
    // Most schemas answer at once, and most events have none: no promise for those.
    const found = problem instanceof Promise ? await problem : problem;
    if (found !== null) {
      const message = `event ${index} (\`${one.record.name}\`) does not fit its schema: ${found}`;
      throw new RuntimeError("schema-mismatch", message, "send what the event's schema asks for");
    }
    accepted.push(one);
  }
  return accepted;
}

function acceptEvent(given: unknown, index: number, { limits, now, newId }: IngestServices): AcceptedEvent {
  const parsed = eventSchema.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const at = issue.path.length > 0 ? `\`${issue.path.join(".")}\`: ` : "";
    const help = "an event is `{ name, data?, id?, ts? }`, with `data` an object and `ts` in milliseconds";
    throw new RuntimeError("invalid-event", `event ${index}: ${at}${issue.message}`, help);
  }
  const { name, data, id, ts, user, v, meta } = parsed.data;
  if (name.startsWith(reservedPrefix)) {
    const message = `event ${index}: the name \`${name}\` is reserved`;
    throw new RuntimeError("invalid-event", message, `choose a name that does not begin with \`${reservedPrefix}\``);
  }
  const resolved = resolveSessions(meta);
  if (!resolved.ok) throw new RuntimeError("invalid-event", `event ${index}: ${resolved.problem}`, sessionsHelp);
  const extras = { key: id ?? null, ts: ts ?? now, user, v: v ?? undefined, meta: resolved.meta };
  return makeEvent(name, data ?? {}, extras, { limits, now, newId, what: `event ${index}` });
}
