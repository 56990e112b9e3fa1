import type { FastifyInstance, FastifyReply } from "fastify";
import * as z from "zod";

import { makeAnswer } from "../error-answer.js";
import { parseStored } from "../parse-stored.js";
import { readQuery } from "../read-query.js";
import { RequestError } from "../request-error.js";
import { isRunToken } from "../run-token.js";
import type { ServerContext } from "../server-context.js";
import { unlessAborted } from "../unless-aborted.js";
import { unknownRun } from "./run.js";

/** Longest wait of one request in ms; who wants to wait longer asks again. */
const longestWait = 300_000;

const querySchema = z.object({ token: z.string().min(1).max(256) });

/** What an application's endpoint has answered, as the run's output. */
const responseSchema = z.object({
  status: z.number().int().min(200).max(599),
  headers: z.record(z.string(), z.string()).nullish(),
  body: z.string(),
});

/**
 * `GET /v1/http/runs/:id/output?token=`: where the application sends somebody whose request it has not answered by itself. Waits for
 * the run's end for up to five minutes: then 202, to be asked again. What the endpoint has returned is the answer; 500 where it has
 * failed, 410 where it was cancelled. Pages of any origin may read it: the token is what admits.
 */
export function addEndpointOutputRoute(
  server: FastifyInstance,
  { engine, closing }: ServerContext,
  signingKeys: readonly string[],
): void {
  server.get<{ Params: { id: string } }>("/v1/http/runs/:id/output", async (request, reply) => {
    void reply.header("access-control-allow-origin", "*");
    const { token } = readQuery(querySchema, request.query);
    const runId = request.params.id;
    if (!isRunToken(token, runId, signingKeys)) {
      const help = "follow the address that the application has given, as it is";
      throw new RequestError(401, "wrong-token", "the token is not of this run", help);
    }
    const result = await unlessAborted(engine.result(runId, longestWait), closing);
    if (result === null) {
      if ((await engine.store.runs.get(runId)) === null) throw unknownRun(runId);
      return reply.code(202).send({ status: "running", message: "the run has not ended yet: ask again" });
    }
    if (result.status === "completed") return answerResponse(reply, parseStored(result.output ?? "null"));
    const failed = result.status === "failed";
    const code = failed ? "run-failed" : "run-cancelled";
    const message = failed ? readMessage(parseStored(result.output ?? "null")) : "the run was cancelled";
    const status = failed ? 500 : 410;
    return reply.code(status).send(makeAnswer(status, code, message, "send the request again"));
  });
}

function answerResponse(reply: FastifyReply, output: unknown): FastifyReply {
  const response = responseSchema.safeParse(output);
  if (!response.success) return reply.send(JSON.stringify(output)).type("application/json");
  const { status, headers, body } = response.data;
  const type = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === "content-type")?.[1];
  return reply
    .code(status)
    .type(type ?? "application/json")
    .send(body);
}

function readMessage(error: unknown): string {
  const parsed = z.object({ message: z.string() }).safeParse(error);
  return parsed.success ? parsed.data.message : "the run has failed";
}
