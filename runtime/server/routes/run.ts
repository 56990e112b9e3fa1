import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { eventAnswerSchema, answerEvent } from "../event-answer.js";
import { answerMetadata, metadataAnswerSchema } from "../metadata-answer.js";
import { RequestError } from "../request-error.js";
import { answerRun, runAnswerSchema } from "../run-answer.js";
import type { ServerContext } from "../server-context.js";
import { answerWaiting, waitingAnswerSchema } from "../waiting-answer.js";
import { makeTimeline, timelineStepSchema } from "../timeline.js";

export const runDetailAnswerSchema = z.strictObject({
  data: runAnswerSchema.extend({
    events: z.array(eventAnswerSchema),
    /** The settled steps in the order of commits, then those that wait. */
    steps: z.array(timelineStepSchema),
    /** What was noted on it and its steps. */
    metadata: z.array(metadataAnswerSchema),
    /** What it waits for while nobody executes it, under flow control; null when for nothing of it. */
    waitsFor: waitingAnswerSchema.nullable(),
  }),
});
export type RunDetailAnswer = z.infer<typeof runDetailAnswerSchema>;

/** `GET /v1/runs/:id`: the run with its events and its timeline. */
export function addRunRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.get<{ Params: { id: string } }>("/v1/runs/:id", async (request): Promise<RunDetailAnswer> => {
    const [snapshot] = await engine.store.runs.snapshots([request.params.id]);
    if (snapshot === undefined) throw unknownRun(request.params.id);
    return {
      data: {
        ...answerRun(snapshot.run),
        events: snapshot.events.map(answerEvent),
        steps: makeTimeline(snapshot),
        metadata: (await engine.store.runs.metadata(snapshot.run.id)).map(answerMetadata),
        waitsFor: answerWaiting(await engine.store.flow.waiting(snapshot.run.id)),
      },
    };
  });
}

export function unknownRun(id: string): RequestError {
  return new RequestError(404, "unknown-run", `there is no run \`${id}\``, "`GET /v1/runs` lists them");
}
