import type { FastifyInstance } from "fastify";
import { z } from "zod";

import { pageQueryShape, readQuery } from "../read-query.js";
import { answerRun, runAnswerSchema, runStatusSchema } from "../run-answer.js";
import type { ServerContext } from "../server-context.js";

const querySchema = z.strictObject({
  ...pageQueryShape,
  /** The full id. */
  function: z.string().min(1).max(512).optional(),
  status: runStatusSchema.optional(),
});

export const runsAnswerSchema = z.strictObject({
  data: z.array(runAnswerSchema),
  /** `cursor` of the page after this one; null on the last. */
  next: z.string().nullable(),
});

/** `GET /v1/runs?function=&status=&limit=&cursor=`: newest first. */
export function addRunsRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.get("/v1/runs", async (request): Promise<z.infer<typeof runsAnswerSchema>> => {
    const query = readQuery(querySchema, request.query);
    const filter = {
      ...(query.function === undefined ? {} : { functionId: query.function }),
      ...(query.status === undefined ? {} : { status: query.status }),
    };
    const page = await engine.store.runs.list(filter, query.limit, query.cursor ?? null);
    return { data: page.items.map(answerRun), next: page.next };
  });
}
