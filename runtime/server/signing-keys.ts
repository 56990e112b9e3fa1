import type { FastifyInstance } from "fastify";

import { showsKey } from "../protocol/signing-key.js";
import { RequestError } from "./request-error.js";

/** What only applications ask for. */
const guarded = /^\/(?:fn\/|v0\/|v1\/(?:apps|checkpoint|realtime\/(?:publish|token))(?:[/?]|$))/;

const refused = { ok: false, modified: false, skipped: false, status: 401 };

/** With signing keys, requests of applications have to show one of them: its hash. Without keys anybody may ask: that is development. */
export function guardApplicationRoutes(server: FastifyInstance, keys: readonly string[]): void {
  if (keys.length === 0) return;
  server.addHook("onRequest", async ({ url, headers }, reply) => {
    if (!guarded.test(url) || showsKey(headers.authorization, keys)) return;
    const message = "the request does not show the signing key of this runtime";
    const help = "give the application the runtime's signing key (STEPWRIGHT_SIGNING_KEY or INNGEST_SIGNING_KEY)";
    // SDKs print the text that they find there.
    if (url.startsWith("/fn/"))
      return reply.code(401).send({ ...refused, error: `${message} (wrong-signing-key; ${help})` });
    throw new RequestError(401, "wrong-signing-key", message, help);
  });
}
