import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { answerEvent, eventAnswerSchema } from "../event-answer.js";
import { RequestError } from "../request-error.js";
import type { ServerContext } from "../server-context.js";

export const eventDetailAnswerSchema = z.strictObject({ data: eventAnswerSchema });

/** `GET /v1/events/:id`, by the id that was answered when the event was sent. */
export function addEventRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.get<{ Params: { id: string } }>(
    "/v1/events/:id",
    async (request): Promise<z.infer<typeof eventDetailAnswerSchema>> => {
      const event = await engine.store.events.get(request.params.id);
      if (event === null) throw unknownEventId(request.params.id);
      return { data: answerEvent(event) };
    },
  );
}

export function unknownEventId(id: string): RequestError {
  return new RequestError(404, "unknown-event-id", `there is no event \`${id}\``, "`GET /v1/events` lists them");
}
