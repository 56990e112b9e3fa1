import { ServeEndpoint } from "../endpoint.js";
import { readVariables } from "../platform-variables.js";
import { createRouteHandlers, type RouteHandlers } from "../route-handlers.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "sveltekit";

/** As much of an event as is needed. */
export interface SvelteKitEvent {
  readonly request: Request;
  readonly platform?: unknown;
}

/** @example export const { GET, POST, PUT } = serve({ client, functions }); // src/routes/api/inngest/+server.ts */
export function serve(
  served: Served,
  options?: EndpointOptions,
): RouteHandlers<(event: SvelteKitEvent) => Promise<Response>> {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return createRouteHandlers((event: SvelteKitEvent) => {
    const { request, platform } = event;
    const bound: unknown = typeof platform === "object" && platform !== null ? Reflect.get(platform, "env") : null;
    return endpoint.handle(request, { env: readVariables(bound), args: [event] });
  });
}
