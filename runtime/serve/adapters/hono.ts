import { ServeEndpoint } from "../endpoint.js";
import { readVariables } from "../platform-variables.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "hono";

/** As much of Hono's context as is needed. */
export interface HonoContext {
  readonly req: { readonly raw: Request };
  readonly env: unknown;
}

/** @example app.on(["GET", "POST", "PUT"], "/api/inngest", serve({ client, functions })); */
export function serve(served: Served, options?: EndpointOptions): (context: HonoContext) => Promise<Response> {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return (context) => endpoint.handle(context.req.raw, { env: readVariables(context.env), args: [context] });
}
