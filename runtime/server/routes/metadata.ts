import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { noteSchema } from "../../protocol/note-schema.js";
import { hashOfKey } from "../../protocol/step-hash.js";
import { readBodyText } from "../body-text.js";
import { readQuery } from "../read-query.js";
import { RequestError } from "../request-error.js";
import { parseSafeJson } from "../safe-json.js";
import type { ServerContext } from "../server-context.js";

const bodySchema = z.object({
  target: z.object({
    run_id: z.string().nullish(),
    /** As its author calls it, or its wire form. */
    step_id: z.string().min(1).max(512).nullish(),
    /** Of a repeated id. */
    step_index: z.number().int().min(0).nullish(),
    step_attempt: z.number().int().nullish(),
    span_id: z.string().nullish(),
  }),
  metadata: z.array(noteSchema).max(100),
});
type Target = z.infer<typeof bodySchema>["target"];

/** `POST /v1/runs/:id/metadata`: notes on the run, or on a step of it; all attempts of a step have the same. */
export function addMetadataRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.post<{ Params: { id: string } }>("/v1/runs/:id/metadata", async (request) => {
    const { target, metadata } = readQuery(bodySchema, parseSafeJson(readBodyText(request.body), "the body"));
    const step = readStep(target);
    await engine.annotate(
      request.params.id,
      metadata.map((note) => ({ ...note, step })),
    );
    return { data: {} };
  });
}

function readStep({ step_id: id, step_index: index, step_attempt: attempt, span_id: span }: Target): string | null {
  if (span !== undefined && span !== null) {
    const help = "leave `span_id` out: what is noted belongs to a run or to a step";
    throw new RequestError(400, "invalid-parameter", "spans have no metadata here", help);
  }
  if (id !== undefined && id !== null) return hashOfKey(index ? `${id}:${index}` : id);
  const alone = [index, attempt].some((each) => each !== undefined && each !== null);
  if (!alone) return null;
  const help = "name the step by `step_id`, or leave both of `step_index` and `step_attempt` out";
  throw new RequestError(400, "invalid-parameter", "`target` is of a step, and names none", help);
}
