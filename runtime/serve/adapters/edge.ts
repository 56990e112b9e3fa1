import { ServeEndpoint } from "../endpoint.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "edge";

/**
 * A handler of the platform's `Request`: for edge functions and everything else that speaks fetch.
 *
 * @example export default { fetch: serve({ client, functions }) };
 */
export function serve(served: Served, options?: EndpointOptions): (request: Request) => Promise<Response> {
  return createFetchHandler(frameworkName, served, options);
}

/** The same under the name of another platform. */
export function createFetchHandler(
  framework: string,
  served: Served,
  options?: EndpointOptions,
): (request: Request) => Promise<Response> {
  const endpoint = new ServeEndpoint(framework, served, options);
  return (request) => endpoint.handle(request, { args: [request] });
}
