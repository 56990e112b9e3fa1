import * as z from "zod";

import type { Waiting } from "../store/store.js";

/** What a run that nobody executes waits for under flow control. Times are milliseconds since 1970. */
export const waitingAnswerSchema = z.discriminatedUnion("kind", [
  /** It still takes events in: `events` so far, `of` for a full batch. */
  z.strictObject({
    kind: z.literal("gathering"),
    policy: z.enum(["debounce", "batch"]),
    events: z.number().int(),
    of: z.number().int().nullable(),
    until: z.number(),
  }),
  /** `ahead` of it wait so many for the same; `bucket` and `limit` name what is full, null where only others come first. */
  z.strictObject({
    kind: z.literal("line"),
    policy: z.enum(["concurrency", "throttle", "turn"]),
    bucket: z.string().nullable(),
    limit: z.number().int().nullable(),
    ahead: z.number().int(),
    until: z.number().nullable(),
  }),
]);
export type WaitingAnswer = z.infer<typeof waitingAnswerSchema>;

export function answerWaiting(waiting: Waiting | null): WaitingAnswer | null {
  return waiting === null ? null : { ...waiting };
}
