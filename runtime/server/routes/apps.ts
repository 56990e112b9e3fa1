import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { RequestError } from "../request-error.js";
import type { ServerContext } from "../server-context.js";

const appSchema = z.strictObject({
  id: z.string(),
  url: z.string(),
  sdk: z.string().nullable(),
  functionCount: z.number().int(),
  manifestHash: z.string().nullable(),
});
export const appsAnswerSchema = z.strictObject({ data: z.array(appSchema) });

/** `GET /v1/apps`: the applications that are called over HTTP. `DELETE /v1/apps/:id`: one is not called any more. */
export function addAppsRoutes(server: FastifyInstance, { remotes }: ServerContext): void {
  server.get("/v1/apps", async (): Promise<z.infer<typeof appsAnswerSchema>> => ({
    data: remotes.all.map(({ id, url, sdk, functions, manifestHash }) => {
      return { id, url, sdk, functionCount: functions.length, manifestHash };
    }),
  }));
  server.delete<{ Params: { id: string } }>("/v1/apps/:id", async ({ params: { id } }) => {
    if (await remotes.forget(id)) return { id };
    throw new RequestError(404, "unknown-app", `no application \`${id}\` is registered`, "see `GET /v1/apps`");
  });
}
