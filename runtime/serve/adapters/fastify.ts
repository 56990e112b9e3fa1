import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Readable } from "node:stream";
import { ServeEndpoint } from "../endpoint.js";
import { toRequest } from "../node-http.js";
import type { EndpointOptions, Served, ServeOptions } from "../serve-options.js";

export const frameworkName = "fastify";

/** @example app.route({ method: ["GET", "POST", "PUT"], url: "/api/inngest", handler: serve({ client, functions }) }); */
export function serve(
  served: Served,
  options?: EndpointOptions,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return async (request, reply) => {
    const { status, headers, body } = await endpoint.handle(toRequest(request.raw, reply.raw, request.body), {
      args: [request, reply],
    });
    reply.code(status).headers(Object.fromEntries(headers));
    // The web's stream is Node's by another name.
    return reply.send(body === null ? "" : Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]));
  };
}

export interface FastifyPluginOptions extends Pick<ServeOptions, "client" | "functions"> {
  readonly options?: EndpointOptions;
}

/** @example app.register(fastifyPlugin, { client, functions, options: { servePath: "/api/inngest" } }); */
export function fastifyPlugin(
  fastify: FastifyInstance,
  { options = {}, ...served }: FastifyPluginOptions,
  done: (error?: Error) => void,
): void {
  try {
    const url = options.servePath ?? "/api/inngest";
    fastify.route({ method: ["GET", "POST", "PUT"], url, handler: serve({ ...served, ...options }) });
    done();
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
  }
}

export default fastifyPlugin;
