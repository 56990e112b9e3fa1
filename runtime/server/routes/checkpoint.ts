import type { FastifyInstance } from "fastify";

import { type Checkpoints, checkpointSchema } from "../../transport/http/checkpoints.js";
import { readBodyText } from "../body-text.js";
import { readQuery } from "../read-query.js";
import { RequestError } from "../request-error.js";
import { parseSafeJson } from "../safe-json.js";

/**
 * `POST /v1/checkpoint/:id/async`: results of steps of a run, from the application that executes it. Answers 200 when they are stored, and
 * 409 where the run was given to another request: the application is to stop then.
 */
export function addCheckpointRoute(server: FastifyInstance, checkpoints: Checkpoints): void {
  server.post<{ Params: { id: string } }>("/v1/checkpoint/:id/async", async (request) => {
    const checkpoint = readQuery(checkpointSchema, parseSafeJson(readBodyText(request.body), "the body"));
    if (checkpoint.run_id !== request.params.id) {
      throw new RequestError(400, "invalid-query", "`run_id` is not the run of the path", "post to the run's own path");
    }
    const other = checkpoint.steps.find(
      ({ op }) => op !== "StepRun" && op !== "Step" && op !== "DeferAdd" && op !== "DeferAbort",
    );
    if (other) {
      const help = "only results of steps are posted; answer the request with everything else";
      throw new RequestError(400, "not-a-result", `\`${other.op.slice(0, 50)}\` is no result of a step`, help);
    }
    if ((await checkpoints.deliver(checkpoint)) === "taken") return { data: {} };
    const help = "stop: another request executes the run, or it has ended";
    throw new RequestError(409, "stale-request", "nothing of this request counts any more", help);
  });
}
