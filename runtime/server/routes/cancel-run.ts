import type { FastifyInstance } from "fastify";
import * as z from "zod";

import type { ServerContext } from "../server-context.js";

export const cancelRunAnswerSchema = z.strictObject({
  data: z.strictObject({ runId: z.string(), status: z.enum(["cancelled", "cancelling"]) }),
});

/** `DELETE /v1/runs/:id`: 200 when it has ended by that, 202 while a step is still executing, 409 when it had ended before. */
export function addCancelRunRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.delete<{ Params: { id: string } }>(
    "/v1/runs/:id",
    async (request, reply): Promise<z.infer<typeof cancelRunAnswerSchema>> => {
      const { runId, status } = await engine.cancelling.cancel(request.params.id);
      if (status === "cancelling") void reply.code(202);
      return { data: { runId, status } };
    },
  );
}
