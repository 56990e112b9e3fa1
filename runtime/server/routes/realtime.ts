import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import * as z from "zod";

import { maxMessageBytes, maxNameLength } from "../../realtime/message.js";
import { EventStream } from "../realtime/event-stream.js";
import { Heartbeat } from "../realtime/heartbeat.js";
import { Patience } from "../realtime/patience.js";
import { forwardStream, publishStream } from "../realtime/publish-stream.js";
import { readToken } from "../realtime/read-token.js";
import { createSocketDoor, socketPath } from "../realtime/socket-door.js";
import { readBodyText } from "../body-text.js";
import { readQuery } from "../read-query.js";
import { RequestError } from "../request-error.js";
import { parseSafeJson } from "../safe-json.js";
import type { ServerContext } from "../server-context.js";
import type { Door } from "../web-sockets.js";

const name = z.string().min(1).max(maxNameLength);

const publishQuerySchema = z.object({
  channel: name,
  topic: z.union([name, z.array(name).min(1).max(100)]),
  run_id: z.string().max(maxNameLength).optional(),
});
const teeQuerySchema = z.object({ channel: name });
const tokenBodySchema = z
  .array(z.object({ channel: name, name }))
  .min(1)
  .max(100);
const tokenQuerySchema = z.object({ token: z.string().optional() });

/** How many subscribers have got it. */
export const publishAnswerSchema = z.strictObject({ data: z.strictObject({ subscribers: z.number().int() }) });
export const tokenAnswerSchema = z.strictObject({ jwt: z.string() });

/**
 * - `POST /v1/realtime/publish?channel=…&topic=…`: one message, JSON or text; with `content-type: text/stream` a stream.
 * - `POST /v1/realtime/publish/tee?channel=…`: bytes, passed on as they come.
 * - `POST /v1/realtime/token` with `[{ channel, name }]`: a token for a subscriber.
 * - `GET /v1/realtime/sse?token=…`: the messages as server-sent events. The WebSocket's door is what is returned.
 */
export function addRealtimeRoutes(
  server: FastifyInstance,
  { engine, closing }: ServerContext,
): readonly [string, Door] {
  const { hub, tokens } = engine.realtime;
  const heartbeat = new Heartbeat();
  const patience = new Patience(server.server);

  // Their bodies are streams, and those of no other route are.
  void server.register(async (scope) => {
    scope.addContentTypeParser(["text/stream", "application/octet-stream"], (_, body, done) => done(null, body));

    scope.post("/v1/realtime/publish", async (request): Promise<z.infer<typeof publishAnswerSchema>> => {
      const { channel, topic, run_id: runId } = readQuery(publishQuerySchema, request.query);
      const places = [topic].flat().map((each) => ({ channel, topic: each, runId: runId || undefined }));
      const { body } = request;
      if (body instanceof Readable) {
        return { data: { subscribers: await patience.during(() => publishStream(hub, places, body)) } };
      }
      const data = readData(typeof body === "string" ? body : "");
      let subscribers = 0;
      for (const place of places) subscribers += hub.publish({ kind: "data", ...place, data });
      return { data: { subscribers } };
    });

    scope.post("/v1/realtime/publish/tee", async (request) => {
      const { channel } = readQuery(teeQuerySchema, request.query);
      const { body } = request;
      if (body instanceof Readable) await patience.during(() => forwardStream(hub, channel, body));
      else hub.forward(channel, Buffer.from(readBodyText(body)));
      return { data: {} };
    });
  });

  server.post("/v1/realtime/token", async (request, reply): Promise<z.infer<typeof tokenAnswerSchema>> => {
    const topics = readQuery(tokenBodySchema, parseSafeJson(readBodyText(request.body), "the body"));
    reply.code(201);
    return { jwt: tokens.create(topics, Date.now()) };
  });

  server.get("/v1/realtime/sse", async (request, reply) => {
    const { token } = readQuery(tokenQuerySchema, request.query);
    const topics = tokens.read(readToken(token, request.headers), Date.now());
    if (closing.aborted) throw new RequestError(503, "stopping", "the runtime is stopping", "connect again");
    const stream = new EventStream(reply.raw);
    const leave = hub.subscribe(stream, topics);
    const still = heartbeat.add(() => stream.beat());
    const stop = (): void => stream.finish();
    closing.addEventListener("abort", stop);
    reply.raw.once("close", () => {
      leave();
      still();
      closing.removeEventListener("abort", stop);
    });
    reply.hijack();
    stream.open();
  });

  return [socketPath, createSocketDoor(engine.realtime, heartbeat, closing)];
}

/** What is not JSON is a text: the SDK sends texts as they are. */
function readData(body: string): string {
  // Larger ones are refused by the hub, with their size.
  if (body.length > maxMessageBytes) return body;
  try {
    const data: unknown = JSON.parse(body);
    // A message is one line.
    return /[\r\n]/.test(body) ? JSON.stringify(data) : body;
  } catch {
    return JSON.stringify(body);
  }
}
