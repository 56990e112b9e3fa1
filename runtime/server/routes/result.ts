import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { readQuery } from "../read-query.js";
import { answerEnding, type RunResultAnswer } from "../run-answer.js";
import type { ServerContext } from "../server-context.js";
import { unlessAborted } from "../unless-aborted.js";
import { unknownRun } from "./run.js";

/** Longest wait of one request in ms; who wants to wait longer asks again. */
const longestWait = 60_000;

const querySchema = z.strictObject({ wait: z.coerce.number().int().min(0).max(longestWait).default(0) });

/**
 * `GET /v1/runs/:id/result?wait=ms`: 200 as soon as the run has ended, 202 with its present status when it has not within the wait
 * or the server closes.
 */
export function addResultRoute(server: FastifyInstance, { engine, closing }: ServerContext): void {
  server.get<{ Params: { id: string } }>("/v1/runs/:id/result", async (request, reply): Promise<RunResultAnswer> => {
    const { wait } = readQuery(querySchema, request.query);
    const runId = request.params.id;
    const result = await unlessAborted(engine.result(runId, wait), closing);
    if (result !== null) {
      return { runId, status: result.status, ...answerEnding(result.status, result.output) };
    }
    const run = await engine.store.runs.get(runId);
    if (run === null) throw unknownRun(runId);
    // it may have ended between the two
    if (run.endedAt === null) void reply.code(202);
    return { runId, status: run.status, ...answerEnding(run.status, run.output) };
  });
}
