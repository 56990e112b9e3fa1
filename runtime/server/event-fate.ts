import * as z from "zod";

import type { RunRecord } from "../store/records.js";
import type { Store } from "../store/store.js";
import { answerRun, runAnswerSchema } from "./run-answer.js";
import { parseStored } from "./parse-stored.js";
import { answerWaiting, type WaitingAnswer, waitingAnswerSchema } from "./waiting-answer.js";

/** What became of one event for one function. */
export const eventFateSchema = z.discriminatedUnion("kind", [
  /** The run is for this event, and has begun. */
  z.strictObject({ kind: z.literal("started") }),
  /** It begins then: the event is for the future, or the run gathers. */
  z.strictObject({ kind: z.literal("delayed"), until: z.number() }),
  /** It waits for its turn, for a slot or for a throttle. */
  z.strictObject({ kind: z.literal("waits"), for: waitingAnswerSchema }),
  /** The run was or is for a newer event of the same key (debounce). */
  z.strictObject({ kind: z.literal("merged"), into: z.string() }),
  /** The run has these events besides. */
  z.strictObject({ kind: z.literal("batched"), with: z.array(z.string()), waitsFor: waitingAnswerSchema.nullable() }),
  /** There is no run of it; why is in the reason of the skipped one. */
  z.strictObject({ kind: z.literal("skipped"), because: z.unknown() }),
  /** It ended before it began. */
  z.strictObject({ kind: z.literal("cancelled"), because: z.unknown() }),
]);
export type EventFate = z.infer<typeof eventFateSchema>;

export const eventRunsAnswerSchema = z.strictObject({
  data: z.array(runAnswerSchema.extend({ fate: eventFateSchema })),
  next: z.string().nullable(),
  /** Expressions over the event that could not be evaluated: a condition counted as false, a key as none. */
  problems: z.array(z.strictObject({ expression: z.string(), message: z.string() })),
});
export type EventRunsAnswer = z.infer<typeof eventRunsAnswerSchema>;

/** The runs that an event started, or went into, each with what became of the event there. */
export async function listEventRuns(
  store: Store,
  eventId: string,
  limit: number,
  cursor: string | null,
): Promise<EventRunsAnswer> {
  const page = await store.runs.list({ eventId }, limit, cursor);
  const data = [];
  for (const run of page.items) {
    const waiting = run.startedAt === null && run.endedAt === null ? await store.flow.waiting(run.id) : null;
    data.push({ ...answerRun(run), fate: describeFate(run, eventId, answerWaiting(waiting)) });
  }
  return { data, next: page.next, problems: [...(await store.events.problems(eventId))] };
}

/** `waiting`: of a run that has not begun. */
export function describeFate(run: RunRecord, eventId: string, waiting: WaitingAnswer | null): EventFate {
  if (run.status === "skipped")
    return { kind: "skipped", because: run.output === null ? null : parseStored(run.output) };
  const others = run.eventIds.filter((id) => id !== eventId);
  const isBatch = waiting?.kind === "gathering" && waiting.policy === "batch";
  if (!isBatch && !run.eventIds.includes(eventId)) return { kind: "merged", into: run.id };
  if (others.length > 0 || isBatch) return { kind: "batched", with: others, waitsFor: waiting };
  if (run.startedAt !== null) return { kind: "started" };
  if (run.endedAt !== null) return { kind: "cancelled", because: run.output === null ? null : parseStored(run.output) };
  if (waiting?.kind === "line") return { kind: "waits", for: waiting };
  return { kind: "delayed", until: waiting?.until ?? run.queueAt ?? run.createdAt };
}
