import type { ServerResponse } from "node:http";
import { ServeEndpoint } from "../endpoint.js";
import { type NodeRequest, sendResponse, toRequest } from "../node-http.js";
import { createRouteHandlers, type RouteHandlers } from "../route-handlers.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "nextjs";

/** Of the app router, of edge functions and of middleware: a `Request`; of the pages router: Node's request and response. */
export interface NextHandler {
  (request: Request, context?: unknown): Promise<Response>;
  (request: NodeRequest, response: ServerResponse): Promise<void>;
}

/**
 * @example export const { GET, POST, PUT } = serve({ client, functions }); // app/api/inngest/route.ts
 * @example export default serve({ client, functions }); // pages/api/inngest.ts
 */
export function serve(served: Served, options?: EndpointOptions): RouteHandlers<NextHandler> {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  const handle = async (request: Request | NodeRequest, response?: unknown): Promise<Response | void> => {
    const args = [request, response];
    if (isWebRequest(request)) return endpoint.handle(request, { args, url: publicUrl(request) });
    // The pages router hands over Node's own.
    const res = response as ServerResponse;
    await sendResponse(await endpoint.handle(toRequest(request, res), { args }), res);
  };
  // Next.js of version 13 and later warns of handlers that take more than one argument.
  Object.defineProperty(handle, "length", { value: 1 });
  return createRouteHandlers(handle as NextHandler);
}

function isWebRequest(request: Request | NodeRequest): request is Request {
  return typeof (request.headers as { get?: unknown }).get === "function";
}

/** Behind a proxy Next.js gives the address it listens on; the caller's stands in the header. */
function publicUrl(request: Request): URL {
  const url = new URL(request.url);
  const origin = `${url.protocol}//${request.headers.get("host") ?? url.host}`;
  return URL.canParse(origin) ? new URL(url.pathname + url.search, origin) : url;
}
