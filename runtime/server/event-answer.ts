import * as z from "zod";

import type { EventRecord } from "../store/records.js";
import { parseStored } from "./parse-stored.js";

/** An event as `/v1/events` shows it. Times are milliseconds since 1970. */
export const eventAnswerSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  /** The `id` that the sender gave, which deduplicates; null when there was none. */
  key: z.string().nullable(),
  data: z.unknown(),
  /** What else the sender gave. */
  user: z.unknown().optional(),
  v: z.string().optional(),
  meta: z.unknown().optional(),
  ts: z.number(),
  receivedAt: z.number(),
});
export type EventAnswer = z.infer<typeof eventAnswerSchema>;

const extraSchema = z.object({ user: z.unknown().optional(), v: z.string().optional(), meta: z.unknown().optional() });

export function answerEvent(event: EventRecord): EventAnswer {
  const extra = event.extra === null ? undefined : extraSchema.safeParse(parseStored(event.extra)).data;
  return {
    id: event.id,
    name: event.name,
    key: event.key,
    data: parseStored(event.data),
    ...extra,
    ts: event.ts,
    receivedAt: event.receivedAt,
  };
}
