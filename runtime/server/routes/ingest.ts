import type { FastifyInstance } from "fastify";
import type * as z from "zod";

import { readBodyText } from "../body-text.js";
import type { ingestAnswerSchema } from "../ingest-answer.js";
import { readEvents } from "../read-events.js";
import { eventIdSeedHeader, seedEventIds } from "../seed-event-ids.js";
import type { ServerContext } from "../server-context.js";

/**
 * `POST /e/:key`: accepts one event, a list, or NDJSON. Answers 200 after the commit of all of them and of the runs that they start;
 * with any other status none was accepted.
 */
export function addIngestRoute(server: FastifyInstance, { engine, checkEventKey }: ServerContext): void {
  server.post<{ Params: { key: string } }>("/e/:key", async (request): Promise<z.infer<typeof ingestAnswerSchema>> => {
    checkEventKey(request.params.key);
    const events = readEvents(readBodyText(request.body), request.headers["content-type"]);
    const seed = request.headers[eventIdSeedHeader];
    const { ids } = await engine.send(seedEventIds(events, typeof seed === "string" ? seed : undefined));
    return { ids, status: 200 };
  });
}
