import type { EndpointOptions, Served } from "../serve-options.js";
import { createFetchHandler } from "./edge.js";

export const frameworkName = "bun";

/** @example Bun.serve({ port: 3000, fetch: serve({ client, functions }) }); */
export function serve(served: Served, options?: EndpointOptions): (request: Request) => Promise<Response> {
  return createFetchHandler(frameworkName, served, options);
}
