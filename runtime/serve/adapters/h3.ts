import type { ServerResponse } from "node:http";
import { ServeEndpoint } from "../endpoint.js";
import { type NodeRequest, toRequest } from "../node-http.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "h3";

/** As much of an event as is needed: `req` of h3 2, `node` of h3 1. */
export interface H3Event {
  readonly req?: unknown;
  readonly node?: { readonly req: unknown; readonly res?: unknown } | undefined;
}

/** @example app.all("/api/inngest", serve({ client, functions })); */
export function serve(served: Served, options?: EndpointOptions): (event: H3Event) => Promise<Response> {
  return createH3Handler(frameworkName, served, options);
}

/** The same under the name of a framework that is built on h3. */
export function createH3Handler(
  framework: string,
  served: Served,
  options?: EndpointOptions,
): (event: H3Event) => Promise<Response> {
  const endpoint = new ServeEndpoint(framework, served, options);
  return async (event) => endpoint.handle(requestOf(event), { args: [event] });
}

function requestOf({ req, node }: H3Event): Request {
  if (isRequest(req)) return req;
  // Of h3 1, which is built on Node.
  if (node?.res) return toRequest(node.req as NodeRequest, node.res as ServerResponse);
  throw new TypeError("this is not an event of h3");
}

/** Not all of them are made by the global class. */
function isRequest(value: unknown): value is Request {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "arrayBuffer") === "function";
}
