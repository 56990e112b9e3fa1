import http, { type RequestListener, type Server } from "node:http";
import { ServeEndpoint } from "../endpoint.js";
import { sendResponse, toRequest } from "../node-http.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "nodejs";

const defaultPath = "/api/inngest";

/** @example http.createServer(serve({ client, functions })).listen(3000); */
export function serve(served: Served, options?: EndpointOptions): RequestListener {
  const endpoint = new ServeEndpoint(frameworkName, served, options);
  return (req, res) => {
    endpoint
      .handle(toRequest(req, res), { args: [req, res] })
      .then((response) => sendResponse(response, res))
      .catch((error: unknown) => res.destroy(error instanceof Error ? error : undefined));
  };
}

/**
 * A server with nothing but this endpoint, at `servePath` (`/api/inngest` by default).
 *
 * @example createServer({ client, functions }).listen(3000);
 */
export function createServer(served: Served, options: EndpointOptions = {}): Server {
  const listener = serve(served, options);
  const path = options.servePath ?? ("servePath" in served ? served.servePath : undefined) ?? defaultPath;
  return http.createServer((req, res) => {
    if (req.url?.split("?")[0] === path) return void listener(req, res);
    res.writeHead(404).end();
  });
}
