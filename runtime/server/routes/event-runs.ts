import type { FastifyInstance } from "fastify";
import { z } from "zod";

import { pageQueryShape, readQuery } from "../read-query.js";
import { answerRun } from "../run-answer.js";
import type { ServerContext } from "../server-context.js";
import { unknownEventId } from "./event.js";
import type { runsAnswerSchema } from "./runs.js";

const querySchema = z.strictObject(pageQueryShape);

/** `GET /v1/events/:id/runs`: the runs that the event started. */
export function addEventRunsRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.get<{ Params: { id: string } }>(
    "/v1/events/:id/runs",
    async (request): Promise<z.infer<typeof runsAnswerSchema>> => {
      const { limit, cursor } = readQuery(querySchema, request.query);
      const eventId = request.params.id;
      const page = await engine.store.runs.list({ eventId }, limit, cursor ?? null);
      if (page.items.length === 0 && (await engine.store.events.get(eventId)) === null) throw unknownEventId(eventId);
      return { data: page.items.map(answerRun), next: page.next };
    },
  );
}
