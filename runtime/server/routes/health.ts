import type { FastifyInstance } from "fastify";
import * as z from "zod";

import type { ServerContext } from "../server-context.js";

export const healthAnswerSchema = z.strictObject({
  status: z.literal("ok"),
  /** Runs with a live handler in this process, and steps in progress. */
  liveRuns: z.number().int(),
  runningSteps: z.number().int(),
});

/** `GET /health`: the process answers and its engine runs. */
export function addHealthRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.get("/health", (): z.infer<typeof healthAnswerSchema> => ({ status: "ok", ...engine.load }));
}
