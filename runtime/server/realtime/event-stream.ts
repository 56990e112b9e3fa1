/** Server-sent events: what a WebSocket carries, for those who can only read. */
import type { ServerResponse } from "node:http";

import type { EndReason, Outgoing, Subscriber } from "../../realtime/hub.js";

/** Who does not read the end is not waited for, in ms. */
const endWithinMs = 1_000;

export class EventStream implements Subscriber {
  constructor(readonly response: ServerResponse) {}

  /** The answer's head: from then on everything is an event. */
  open(): void {
    this.response.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      connection: "keep-alive",
      // From any origin: the token is what counts.
      "access-control-allow-origin": "*",
      "access-control-expose-headers": "content-type",
      // A proxy that collects what it passes on would keep it back.
      "x-accel-buffering": "no",
    });
    this.response.flushHeaders();
  }

  get backlog(): number {
    return this.response.writableLength;
  }

  /** JSON has no line ends, so each message is one line. */
  deliver({ text }: Outgoing): void {
    this.response.write(`data: ${text}\n\n`);
  }

  /** They are events already. */
  forward(bytes: Uint8Array): void {
    this.response.write(bytes);
  }

  beat(): void {
    this.response.write(":\n\n");
  }

  end(_: EndReason, closing: Outgoing): void {
    this.deliver(closing);
    this.finish();
  }

  finish(): void {
    this.response.end();
    const impatience = setTimeout(() => this.response.destroy(), endWithinMs);
    impatience.unref();
    this.response.once("close", () => clearTimeout(impatience));
  }
}
