import { ServeEndpoint } from "../endpoint.js";
import { readVariables } from "../platform-variables.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "remix";

/** As much of the arguments of a loader or action as is needed. */
export interface RemixArguments {
  readonly request: Request;
  readonly context?: unknown;
}

/** @example const handler = serve({ client, functions }); export { handler as action, handler as loader }; */
export function serve(served: Served, options?: EndpointOptions): (given: RemixArguments) => Promise<Response> {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return (given) => {
    const env = {
      ...readVariables(read(given.context, "env")),
      ...readVariables(read(read(given.context, "cloudflare"), "env")),
    };
    return endpoint.handle(given.request, { env, args: [given] });
  };
}

function read(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
