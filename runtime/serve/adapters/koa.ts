import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { ServeEndpoint } from "../endpoint.js";
import { toRequest } from "../node-http.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "koa";

/** As much of Koa's context as is needed. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** `body` where a parser was here before. */
  readonly request: object;
  status: number;
  body: unknown;
  set(name: string, value: string): void;
}

/**
 * With a body parser before it or without.
 *
 * @example router.all("/api/inngest", serve({ client, functions }));
 */
export function serve(served: Served, options?: EndpointOptions): (context: KoaContext) => Promise<void> {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return async (context) => {
    const parsed: unknown = Reflect.get(context.request, "body");
    const response = await endpoint.handle(toRequest(context.req, context.res, parsed), { args: [context] });
    context.status = response.status;
    for (const [name, value] of response.headers) context.set(name, value);
    const { body } = response;
    context.body = body === null ? "" : Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0]);
  };
}
