import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { ApplicationError } from "../../codegen/application-error.js";
import { durations } from "../../manifest/duration.js";
import { streamTopic } from "../../realtime/message.js";
import { type CheckpointOutcome, type Checkpoints, postedStepsSchema } from "../../transport/http/checkpoints.js";
import { endpointRequestSchema } from "../../transport/http/endpoint-requests.js";
import { readBodyText } from "../body-text.js";
import { readQuery } from "../read-query.js";
import { RequestError } from "../request-error.js";
import { makeRunToken } from "../run-token.js";
import { parseSafeJson } from "../safe-json.js";
import type { ServerContext } from "../server-context.js";

/** Ids of runs are ULIDs, whoever makes them. */
const runIdSchema = z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, "has to be a ULID");

const newRunSchema = z.object({
  run_id: runIdSchema,
  event: z.object({ data: endpointRequestSchema }),
  steps: postedStepsSchema.nullish(),
  retries: z.number().int().min(0).max(20).nullish(),
});
const stepsSchema = z.object({ run_id: runIdSchema, steps: postedStepsSchema });
type Steps = z.infer<typeof postedStepsSchema>;

/** The end of a run that its application reports is stored within that time, in ms, unless the store fails. */
const storedWithinMs = 30_000;

/** How long somebody may begin to look on what the run streams, in ms. */
const watchableForMs = durations.day;

export const adoptedRunAnswerSchema = z.strictObject({
  data: z.strictObject({
    fn_id: z.string(),
    app_id: z.string(),
    run_id: z.string(),
    /** With it, whoever sent the request fetches the run's result. */
    token: z.string(),
    /** With it, what the endpoint streams can be looked on. */
    realtime_token: z.string(),
  }),
});

/**
 * Runs that an application begins by itself, for a request to one of its endpoints. `POST /v1/checkpoint`: the run, and what the
 * application has done of it so far. `POST /v1/checkpoint/:id/steps`: what it has done since. Both answer 200 when that is stored, and 409
 * where the run is not the request's any more: the application is to stop then.
 */
export function addAdoptRunRoutes(
  server: FastifyInstance,
  { engine, remotes }: ServerContext,
  { adopted }: Checkpoints,
  signingKeys: readonly string[],
): void {
  const stored = async (runId: string, steps: Steps, outcome: CheckpointOutcome): Promise<void> => {
    if (outcome === "stale") {
      const help = "stop: the runtime executes the run now, or it has ended";
      throw new RequestError(409, "stale-request", "nothing of this request counts any more", help);
    }
    // Then the application answers whoever waits: what it says must be true.
    if (steps.some(({ op }) => op === "RunComplete")) await engine.result(runId, storedWithinMs);
  };

  server.post("/v1/checkpoint", async (request): Promise<z.infer<typeof adoptedRunAnswerSchema>> => {
    const body = readQuery(newRunSchema, parseSafeJson(readBodyText(request.body), "the body"));
    const { run_id: runId, event, retries } = body;
    const { domain, method, path, fn } = event.data;
    const steps = body.steps ?? [];
    const use = { domain: new URL(domain).origin, method, path, fn, retries: retries ?? undefined };
    const functionId = await remotes.findEndpoint(use).catch(refuseEndpoint);
    // Posted twice, where the first answer was lost.
    let run = adopted.get(runId);
    if (!run) {
      run = adopted.open(runId);
      await engine.adopt({ functionId, runId, data: event.data }).catch((error: unknown) => {
        run?.close();
        throw error;
      });
    }
    await stored(runId, steps, await run.post(steps));
    const token = makeRunToken(runId, signingKeys);
    const topics = [{ channel: runId, name: streamTopic }];
    const watching = engine.realtime.tokens.create(topics, Date.now(), watchableForMs);
    return { data: { fn_id: functionId, app_id: use.domain, run_id: runId, token, realtime_token: watching } };
  });

  server.post<{ Params: { id: string } }>("/v1/checkpoint/:id/steps", async (request) => {
    const body = readQuery(stepsSchema, parseSafeJson(readBodyText(request.body), "the body"));
    if (body.run_id !== request.params.id) {
      throw new RequestError(400, "invalid-query", "`run_id` is not the run of the path", "post to the run's own path");
    }
    await stored(body.run_id, body.steps, (await adopted.get(body.run_id)?.post(body.steps)) ?? "stale");
    return { data: {} };
  });
}

function refuseEndpoint(error: unknown): never {
  if (!(error instanceof ApplicationError)) throw error;
  throw new RequestError(400, "invalid-endpoint", error.message, "correct the endpoint's options");
}
