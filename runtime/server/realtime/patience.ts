import type { Server } from "node:http";

/** How long a publisher may take for a stream, in ms. */
const longestStreamMs = 16 * 60_000;

/**
 * The time that a server allows for a request to be here in whole is one for all of its requests: while a stream is published it is
 * longer, and otherwise as it was.
 */
export class Patience {
  readonly #usualMs: number;
  #open = 0;

  constructor(readonly server: Server) {
    this.#usualMs = server.requestTimeout;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#open++;
    this.server.requestTimeout = longestStreamMs;
    try {
      return await work();
    } finally {
      if (--this.#open === 0) this.server.requestTimeout = this.#usualMs;
    }
  }
}
