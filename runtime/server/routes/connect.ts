import type { FastifyInstance, FastifyReply } from "fastify";

import type { Gateway } from "../../transport/connect/gateway.js";
import { decode, encode, MalformedFrameError } from "../../transport/connect/wire/codec.js";
import { flushResponse, reply as replyShape, startResponse } from "../../transport/connect/wire/messages.js";
import { createWorkerDoor, workersPath } from "../connect/accept-workers.js";
import { RequestError } from "../request-error.js";
import type { ServerContext } from "../server-context.js";
import type { Door } from "../web-sockets.js";

const contentType = "application/protobuf";

/**
 * `POST /v0/connect/start`: where a worker connects, and with which credentials. `/v0/connect`: its WebSocket, whose door is what is returned.
 * `POST /v0/connect/flush`: an answer that could not go by the WebSocket.
 */
export function addConnectRoutes(
  server: FastifyInstance,
  { remotes }: ServerContext,
  gateway: Gateway,
): readonly [string, Door] {
  server.addContentTypeParser(contentType, { parseAs: "buffer" }, (_, body, done) => done(null, body));

  const send = (reply: FastifyReply, bytes: Uint8Array) => reply.type(contentType).send(Buffer.from(bytes));

  server.post("/v0/connect/start", async (request, reply) => {
    const started = gateway.start();
    if (started.kind === "closing") {
      // SDKs look for this code, and try again soon.
      throw new RequestError(
        503,
        "connect_gateway_closing",
        "the runtime is stopping",
        "connect to the one that follows",
      );
    }
    if (started.kind === "full") {
      throw new RequestError(429, "too-many-workers", "no more workers can connect", "start another runtime");
    }
    const secure = request.headers["x-forwarded-proto"] === "https";
    const answer = {
      connectionId: started.connectionId,
      gatewayEndpoint: `${secure ? "wss" : "ws"}://${request.host}${workersPath}`,
      gatewayGroup: "stepwright",
      sessionToken: started.sessionToken,
      syncToken: started.sessionToken,
    };
    return send(reply, encode(startResponse, answer));
  });

  server.post("/v0/connect/flush", async (request, reply) => {
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const replied = readReply(body);
    gateway.replied(replied);
    return send(reply, encode(flushResponse, { requestId: replied.requestId }));
  });
  return [workersPath, createWorkerDoor(gateway, remotes)];
}

function readReply(body: Uint8Array) {
  try {
    return decode(replyShape, body);
  } catch (error) {
    if (!(error instanceof MalformedFrameError)) throw error;
    throw new RequestError(400, "malformed-frame", `the body is no answer: ${error.message}`, "send an `SDKResponse`");
  }
}
