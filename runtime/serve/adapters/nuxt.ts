import type { EndpointOptions, Served } from "../serve-options.js";
import { createH3Handler, type H3Event } from "./h3.js";

export const frameworkName = "nuxt";

/** @example export default defineEventHandler(serve({ client, functions })); */
export function serve(served: Served, options?: EndpointOptions): (event: H3Event) => Promise<Response> {
  return createH3Handler(frameworkName, served, options);
}
