import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { type EventRunsAnswer, listEventRuns } from "../event-fate.js";
import { pageQueryShape, readQuery } from "../read-query.js";
import type { ServerContext } from "../server-context.js";
import { unknownEventId } from "./event.js";

const querySchema = z.strictObject(pageQueryShape);

/** `GET /v1/events/:id/runs`: the runs that the event started or went into, each with what became of it there. */
export function addEventRunsRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.get<{ Params: { id: string } }>("/v1/events/:id/runs", async (request): Promise<EventRunsAnswer> => {
    const { limit, cursor } = readQuery(querySchema, request.query);
    const eventId = request.params.id;
    const answer = await listEventRuns(engine.store, eventId, limit, cursor ?? null);
    if (answer.data.length === 0 && (await engine.store.events.get(eventId)) === null) throw unknownEventId(eventId);
    return answer;
  });
}
