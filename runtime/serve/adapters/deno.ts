import { ServeEndpoint } from "../endpoint.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "deno/fresh";

declare const Deno: { readonly env: { toObject(): Record<string, string> } } | undefined;

/** @example Deno.serve(serve({ client, functions })); */
export function serve(
  served: Served,
  options?: EndpointOptions,
): (request: Request, ...rest: unknown[]) => Promise<Response> {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return (request, ...rest) => {
    const env = typeof Deno === "undefined" ? {} : Deno.env.toObject();
    return endpoint.handle(request, { env, args: [request, ...rest] });
  };
}
