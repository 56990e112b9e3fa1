import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { ApplicationError } from "../../codegen/application-error.js";
import { registrationSchema } from "../../codegen/remote-application.js";
import { readBodyText } from "../body-text.js";
import { RequestError } from "../request-error.js";
import type { ServerContext } from "../server-context.js";
import { parseSafeJson } from "../safe-json.js";

export const registerAnswerSchema = z.strictObject({
  ok: z.boolean(),
  modified: z.boolean(),
  skipped: z.boolean(),
  status: z.number().int(),
  /** What SDKs print; absent when all is well. */
  error: z.string().optional(),
});

/** `POST /fn/register`: an application says which functions it has and where they are called. */
export function addRegisterRoute(server: FastifyInstance, { remotes }: ServerContext): void {
  server.post("/fn/register", async (request, reply): Promise<z.infer<typeof registerAnswerSchema>> => {
    const parsed = registrationSchema.safeParse(parseSafeJson(readBodyText(request.body), "the body"));
    const refuse = (error: string, status = 400) => {
      void reply.code(status);
      return { ok: false, modified: false, skipped: false, status, error };
    };
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return refuse(`\`${issue?.path.join(".")}\`: ${issue?.message}`);
    }
    try {
      const { modified } = await remotes.register(parsed.data);
      return { ok: true, modified, skipped: !modified, status: 200 };
    } catch (error) {
      if (error instanceof ApplicationError) return refuse(error.message);
      // SDKs print a text, and take nothing else for an error.
      if (error instanceof RequestError) return refuse(`${error.code}: ${error.message}; ${error.help}`, error.status);
      throw error;
    }
  });
}
