import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { answerEvent, eventAnswerSchema } from "../event-answer.js";
import { pageQueryShape, readQuery } from "../read-query.js";
import type { ServerContext } from "../server-context.js";

const querySchema = z.strictObject({ ...pageQueryShape, name: z.string().min(1).max(512).optional() });

export const eventsAnswerSchema = z.strictObject({
  data: z.array(eventAnswerSchema),
  /** `cursor` of the page after this one; null on the last. */
  next: z.string().nullable(),
});

/** `GET /v1/events?name=&limit=&cursor=`: newest first. */
export function addEventsRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.get("/v1/events", async (request): Promise<z.infer<typeof eventsAnswerSchema>> => {
    const { name, limit, cursor } = readQuery(querySchema, request.query);
    const page = await engine.store.events.list(name === undefined ? {} : { name }, limit, cursor ?? null);
    return { data: page.items.map(answerEvent), next: page.next };
  });
}
