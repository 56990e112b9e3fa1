import { randomUUID } from "node:crypto";
import type { Readable } from "node:stream";

import type { Hub } from "../../realtime/hub.js";
import type { Message } from "../../realtime/message.js";
import { RequestError } from "../request-error.js";

/** Bytes of a stream. */
export const longestStream = 64 * 1024 * 1024;
/** Bytes of a chunk: the parts of the request come in any size. */
const longestChunk = 64 * 1024;

type Place = Pick<Message, "channel" | "topic" | "runId">;

/**
 * Publishes text as it comes, in chunks between a begin and an end; the end comes in any case. Resolves when all of it is published,
 * with the number of those who got the begin.
 * @throws RequestError `stream-too-long`, `stream-broken`
 */
export async function publishStream(hub: Hub, places: readonly Place[], body: Readable): Promise<number> {
  const streamId = randomUUID();
  const publish = (kind: Message["kind"], data: string): number => {
    const message = { kind, data: JSON.stringify(data), streamId };
    return places.reduce((reached, place) => reached + hub.publish({ ...place, ...message }), 0);
  };
  const decoder = new TextDecoder();
  const subscribers = publish("datastream-start", streamId);
  try {
    for await (const part of readParts(body)) {
      for (let at = 0; at < part.length; at += longestChunk) {
        const text = decoder.decode(part.subarray(at, at + longestChunk), { stream: true });
        if (text !== "") publish("chunk", text);
      }
    }
    const rest = decoder.decode();
    if (rest !== "") publish("chunk", rest);
  } finally {
    publish("datastream-end", streamId);
  }
  return subscribers;
}

/** Gives bytes as they come to those who are subscribed to the stream of the channel. @throws RequestError as `publishStream` */
export async function forwardStream(hub: Hub, channel: string, body: Readable): Promise<void> {
  for await (const part of readParts(body)) hub.forward(channel, part);
}

async function* readParts(body: Readable): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const broken = new RequestError(
    400,
    "stream-broken",
    "the request ended within its body",
    "publish the stream again",
  );
  const parts = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await parts.next().catch(() => {
      throw broken;
    });
    if (done) return;
    bytes += value.length;
    if (bytes > longestStream) {
      const message = `the stream has more than ${longestStream} bytes`;
      throw new RequestError(413, "stream-too-long", message, "publish it in several streams");
    }
    yield value;
  }
}
