/** WebSockets of those who look on: each gets the messages of the topics that its token allows. */
import { isUtf8 } from "node:buffer";
import { type WebSocket, WebSocketServer } from "ws";

import type { EndReason, Outgoing, Subscriber, Topic } from "../../realtime/hub.js";
import type { Realtime } from "../../realtime/realtime.js";
import { RealtimeError } from "../../realtime/realtime-error.js";
import { closeSocket, type Door, refuseUpgrade } from "../web-sockets.js";
import type { Heartbeat } from "./heartbeat.js";
import { readToken } from "./read-token.js";

export const socketPath = "/v1/realtime/connect";

/** Bytes of a frame of theirs: they have nothing to say. */
const largestFrame = 16 * 1024;
/** The WebSocket's codes: it ends as everything here does, or because of this one reader. */
const codes: Readonly<Record<EndReason, number>> = { closing: 1001, "slow-subscriber": 1013 };

/** `GET /v1/realtime/connect?token=…`, from any origin: the token is what counts. */
export function createSocketDoor({ hub, tokens }: Realtime, heartbeat: Heartbeat, closing: AbortSignal): Door {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestFrame,
    perMessageDeflate: false,
    clientTracking: false,
  });
  return (request, socket, head) => {
    const given = readToken(new URL(request.url ?? "", "ws://any").searchParams.get("token"), request.headers);
    let topics: readonly Topic[];
    try {
      topics = tokens.read(given, Date.now());
    } catch (error) {
      if (!(error instanceof RealtimeError)) throw error;
      return refuseUpgrade(socket, 401, `${error.message} (${error.code}; ${error.help})`);
    }
    if (closing.aborted) return refuseUpgrade(socket, 503, "the runtime is stopping");
    sockets.handleUpgrade(request, socket, head, (opened) => accept(opened, topics));
  };

  function accept(socket: WebSocket, topics: readonly Topic[]): void {
    // The end follows.
    socket.on("error", () => {});
    const subscriber = new SocketSubscriber(socket);
    let leave: () => void;
    try {
      leave = hub.subscribe(subscriber, topics);
    } catch (error) {
      return closeSocket(socket, 1013, error instanceof RealtimeError ? error.code : "internal-error");
    }
    const still = heartbeat.add(() => subscriber.beat());
    const stop = (): void => closeSocket(socket, codes.closing, "closing");
    closing.addEventListener("abort", stop);
    socket.on("close", () => {
      leave();
      still();
      closing.removeEventListener("abort", stop);
    });
  }
}

class SocketSubscriber implements Subscriber {
  #answered = true;

  constructor(readonly socket: WebSocket) {
    socket.on("pong", () => (this.#answered = true));
  }

  get backlog(): number {
    return this.socket.bufferedAmount;
  }

  deliver({ bytes }: Outgoing): void {
    this.socket.send(bytes, { binary: false });
  }

  forward(bytes: Uint8Array): void {
    // A part of a text may begin or end within a character.
    this.socket.send(bytes, { binary: !isUtf8(bytes) });
  }

  end(reason: EndReason, closing: Outgoing): void {
    this.deliver(closing);
    closeSocket(this.socket, codes[reason], reason);
  }

  /** Who has not answered the last one is gone. */
  beat(): void {
    if (!this.#answered) return this.socket.terminate();
    this.#answered = false;
    this.socket.ping();
  }
}
