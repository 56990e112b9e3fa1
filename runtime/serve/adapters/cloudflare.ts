import { ServeEndpoint } from "../endpoint.js";
import { readVariables } from "../platform-variables.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "cloudflare-pages";

/** What a function of Pages gets. */
export interface PagesContext {
  readonly request: Request;
  readonly env: unknown;
}

export interface CloudflareHandler {
  (context: PagesContext): Promise<Response>;
  (request: Request, env: unknown, context?: unknown): Promise<Response>;
}

/**
 * Needs the compatibility flag `nodejs_compat`.
 *
 * @example export default { fetch: serve({ client, functions }) }; // Workers
 * @example export const onRequest = serve({ client, functions }); // Pages
 */
export function serve(served: Served, options?: EndpointOptions): CloudflareHandler {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return (...args: [given: Request | PagesContext, env?: unknown, context?: unknown]) => {
    const [given, bindings] = args;
    const isContext = "request" in given && "env" in given;
    const request = isContext ? given.request : (given as Request);
    return endpoint.handle(request, { env: readVariables(isContext ? given.env : bindings), args });
  };
}
