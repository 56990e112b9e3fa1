import type { FastifyInstance } from "fastify";
import * as z from "zod";

import type { Application } from "../../codegen/application.js";
import { pageQueryShape, readQuery } from "../read-query.js";
import { answerRun, runAnswerSchema, runStatusSchema } from "../run-answer.js";
import type { ServerContext } from "../server-context.js";

const querySchema = z.strictObject({
  ...pageQueryShape,
  /** With or without the app's prefix. */
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
      ...(query.function === undefined ? {} : { functionId: fullIdOf(engine.app, query.function) }),
      ...(query.status === undefined ? {} : { status: query.status }),
    };
    const page = await engine.store.runs.list(filter, query.limit, query.cursor ?? null);
    return { data: page.items.map(answerRun), next: page.next };
  });
}

/** An id that the application does not have is taken as a full one: its runs may be of an earlier build. */
function fullIdOf(app: Application, id: string): string {
  return app.functions.find(({ entry }) => entry.id === id)?.fullId ?? id;
}
