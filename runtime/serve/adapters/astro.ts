import { ServeEndpoint } from "../endpoint.js";
import { createRouteHandlers, type RouteHandlers } from "../route-handlers.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "astro";

/** As much of an endpoint's context as is needed. */
export interface AstroContext {
  readonly request: Request;
}

/** @example export const { GET, POST, PUT } = serve({ client, functions }); // src/pages/api/inngest.ts */
export function serve(
  served: Served,
  options?: EndpointOptions,
): RouteHandlers<(context: AstroContext) => Promise<Response>> {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return createRouteHandlers((context: AstroContext) => endpoint.handle(context.request, { args: [context] }));
}
