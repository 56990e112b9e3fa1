/** Answers that the runtime has not confirmed. */
import type { Logger } from "../../define/logger.js";
import type { Clock } from "../../engine/clock.js";
import type { RuntimeApi } from "../runtime-api.js";

/** An answer that went by the WebSocket is confirmed within this time, or goes by HTTP, in ms. */
const ackMs = 5_000;
/** So often an answer is posted before it is given up: the runtime makes the call again. */
const mostAttempts = 5;
/** So many wait; beyond, the oldest is given up. */
const mostKept = 1_000;

interface Kept {
  readonly bytes: Uint8Array;
  attempts: number;
}

export class Replies {
  /** Sent, with what stops the waiting. */
  readonly #sent = new Map<string, { readonly bytes: Uint8Array; readonly stop: () => void }>();
  readonly #kept = new Map<string, Kept>();
  #flushing: Promise<void> | null = null;

  constructor(
    readonly api: RuntimeApi,
    readonly clock: Clock,
    readonly logger: Logger,
  ) {}

  sent(requestId: string, bytes: Uint8Array): void {
    const stop = this.clock.after(ackMs, () => {
      this.#sent.delete(requestId);
      this.keep(requestId, bytes);
      void this.flush();
    });
    this.#sent.set(requestId, { bytes, stop });
  }

  confirmed(requestId: string): void {
    this.#sent.get(requestId)?.stop();
    this.#sent.delete(requestId);
  }

  /** There was no connection by which it could go. */
  keep(requestId: string, bytes: Uint8Array): void {
    this.#kept.set(requestId, { bytes, attempts: 0 });
    if (this.#kept.size <= mostKept) return;
    for (const oldest of this.#kept.keys()) {
      this.#giveUp(oldest, `more than ${mostKept} answers wait`);
      break;
    }
  }

  /** The connection has ended: what was sent last may not have arrived. */
  disconnected(): void {
    for (const [requestId, { bytes, stop }] of this.#sent) {
      stop();
      this.keep(requestId, bytes);
    }
    this.#sent.clear();
  }

  /** Posts what waits. Never rejects; what could not be posted waits for the next time. */
  flush(): Promise<void> {
    return (this.#flushing ??= this.#post().finally(() => {
      this.#flushing = null;
    }));
  }

  /** The worker ends: what is left is lost, and made again by the runtime. */
  async end(): Promise<void> {
    this.disconnected();
    await this.flush();
    for (const requestId of [...this.#kept.keys()]) this.#giveUp(requestId, "the worker ends");
  }

  async #post(): Promise<void> {
    for (const [requestId, kept] of [...this.#kept]) {
      const failure = await this.#tryPost(kept.bytes);
      if (failure === null) this.#kept.delete(requestId);
      else if (++kept.attempts >= mostAttempts) this.#giveUp(requestId, failure);
    }
  }

  async #tryPost(bytes: Uint8Array): Promise<string | null> {
    try {
      const response = await this.api.postMessage("/v0/connect/flush", bytes, AbortSignal.timeout(10_000));
      await response.body?.cancel();
      return response.ok ? null : `the runtime answered ${response.status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #giveUp(requestId: string, why: string): void {
    this.#kept.delete(requestId);
    this.logger.error(`the answer to the call ${requestId} is given up, the runtime makes the call again: ${why}`);
  }
}
