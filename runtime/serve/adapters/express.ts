import type { ServerResponse } from "node:http";
import { ServeEndpoint } from "../endpoint.js";
import { type NodeRequest, sendResponse, toRequest } from "../node-http.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "express";

/**
 * With `express.json()` before it or without.
 *
 * @example app.use("/api/inngest", serve({ client, functions }));
 */
export function serve(
  served: Served,
  options?: EndpointOptions,
): (req: NodeRequest, res: ServerResponse) => Promise<void> {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return async (req, res) => {
    await sendResponse(await endpoint.handle(toRequest(req, res), { args: [req, res] }), res);
  };
}
