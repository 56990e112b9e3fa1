import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { readBodyText } from "../body-text.js";
import { makeAnswer } from "../error-answer.js";
import { readQuery } from "../read-query.js";
import { parseSafeJson } from "../safe-json.js";
import type { ServerContext } from "../server-context.js";

const bodySchema = z.strictObject({ signal: z.string().min(1).max(512), data: z.unknown().optional() });

export const signalAnswerSchema = z.strictObject({ data: z.strictObject({ run_id: z.string() }) });

/** `POST /v1/signals` with `{ signal, data? }`: ends the wait for the signal; 404 where no run waits for it. */
export function addSignalsRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.post("/v1/signals", async (request, reply): Promise<z.infer<typeof signalAnswerSchema>> => {
    const { signal, data } = readQuery(bodySchema, parseSafeJson(readBodyText(request.body), "the body"));
    const { runId } = await engine.sendSignal(signal, data);
    if (runId !== null) return { data: { run_id: runId } };
    const help = "send it while a run waits for it: a signal is not kept";
    return reply.code(404).send(makeAnswer(404, "no-waiter", `no run waits for signal \`${signal}\``, help));
  });
}
