import type { FastifyInstance } from "fastify";

import { showsKey } from "../protocol/signing-key.js";
import { RequestError } from "./request-error.js";

/**
 * Routes that anybody may ask: whether the server is well, events, which have keys of their own, and what is for people who have a token
 * instead.
 */
const open: ReadonlySet<string> = new Set(["/health", "/e/:key", "/v1/http/runs/:id/output", "/v1/realtime/sse"]);

const refused = { ok: false, modified: false, skipped: false, status: 401 };

/** With signing keys, requests have to show one of them: its hash. Without keys anybody may ask: that is development. */
export function guardRoutes(server: FastifyInstance, keys: readonly string[]): void {
  if (keys.length === 0) return;
  server.addHook("onRequest", async ({ routeOptions, headers }, reply) => {
    // The route that was found, and not the URL, which may be written in many ways. There is none: the answer is that.
    const { url } = routeOptions;
    if (url === undefined || open.has(url) || showsKey(headers.authorization, keys)) return;
    const message = "the request does not show the signing key of this runtime";
    const help = "give who asks the runtime's signing key (STEPWRIGHT_SIGNING_KEY or INNGEST_SIGNING_KEY)";
    // SDKs print the text that they find there.
    if (url.startsWith("/fn/"))
      return reply.code(401).send({ ...refused, error: `${message} (wrong-signing-key; ${help})` });
    throw new RequestError(401, "wrong-signing-key", message, help);
  });
}
