import { isUtf8 } from "node:buffer";
import type { FastifyInstance } from "fastify";

import { RequestError } from "./request-error.js";

/** `text/plain` because browsers and the SDK's beacons send JSON under it. */
const contentTypes = ["application/json", "application/x-ndjson", "text/plain"];

/**
 * Gives routes their body as text: which of object, list or lines it is, the route decides. Bytes that are not UTF-8 are refused
 * instead of being replaced.
 */
export function acceptBodiesAsText(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(contentTypes, { parseAs: "buffer" }, (request, body, done) => {
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      done(
        new RequestError(
          415,
          "unsupported-content-encoding",
          `a body encoded as \`${encoding}\` is not accepted`,
          "send the body without compression",
        ),
      );
    } else if (!isUtf8(body as Buffer)) {
      done(new RequestError(400, "malformed-json", "the body is not UTF-8", "send JSON in UTF-8"));
    } else {
      done(null, body.toString("utf8"));
    }
  });
}

/** @throws RequestError `empty-body` */
export function readBodyText(body: unknown): string {
  if (typeof body === "string" && body.trim() !== "") return body;
  throw new RequestError(400, "empty-body", "the request has no body", "send JSON in the body");
}
