import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { readBodyText } from "../body-text.js";
import { readQuery } from "../read-query.js";
import { parseSafeJson } from "../safe-json.js";
import type { ServerContext } from "../server-context.js";

const bodySchema = z.strictObject({
  /** Of the event that the function gets; default: `{}`. */
  data: z.record(z.string(), z.unknown()).nullish(),
});

export const invokeAnswerSchema = z.strictObject({ runId: z.string(), eventId: z.string() });

/** `POST /invoke/:slug` with `{ data }`: starts one run of the function, by its id with or without the app's prefix. */
export function addInvokeRoute(server: FastifyInstance, { engine }: ServerContext): void {
  server.post<{ Params: { slug: string } }>(
    "/invoke/:slug",
    async (request): Promise<z.infer<typeof invokeAnswerSchema>> => {
      const { data } = readQuery(bodySchema, parseSafeJson(readBodyText(request.body), "the body"));
      const { runId, eventId } = await engine.invoke(request.params.slug, data ?? {});
      return { runId, eventId };
    },
  );
}
