/** A worker that keeps a connection to the runtime, and answers the calls that come by it. */
import type { Logger } from "../../define/logger.js";
import type { Clock } from "../../engine/clock.js";
import { decode, type Draft, encode, type Message } from "../../transport/connect/wire/codec.js";
import {
  executorRequest,
  extendLease,
  extendLeaseAck,
  frame,
  kinds,
  reply,
  replyAck,
  requestAck,
} from "../../transport/connect/wire/messages.js";
import { ConnectionState } from "./connection-state.js";
import { DialError, type Dialled } from "./dial.js";
import type { ConnectedApps } from "./connected-apps.js";
import type { Replies } from "./replies.js";

type Call = Message<typeof executorRequest>;

interface Running {
  readonly call: Call;
  leaseId: string;
  /** Aborts the handler when the call is another worker's. */
  readonly lost: AbortController;
}

export interface WorkerParts {
  readonly apps: ConnectedApps;
  readonly dial: () => Promise<Dialled>;
  readonly replies: Replies;
  readonly clock: Clock;
  /** Numbers in [0, 1), for jitter. */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Before the next attempt to connect, by the number of those that failed; the last for all that follow. */
const pausesMs = [500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000];
/** After so many heart-beats without an answer, another connection is opened. */
const mostMissed = 2;
/** The WebSocket's code for an end that was meant. */
const normalClosure = 1000;

export class Worker {
  readonly closed: Promise<void>;
  #resolveClosed: () => void = () => {};
  #state: ConnectionState = ConnectionState.CONNECTING;
  #current: Dialled | null = null;
  /** The runtime at its other end stops: it is kept until there is another one. */
  #draining: Dialled | null = null;
  readonly #running = new Map<string, Running>();
  #closing = false;
  #wake: () => void = () => {};
  #isWoken = false;
  #stopTimers: () => void = () => {};

  constructor(readonly parts: WorkerParts) {
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get connectionId(): string | null {
    return this.#current?.id ?? null;
  }

  get runningCalls(): number {
    return this.#running.size;
  }

  /** Resolves when the first connection is there. @throws DialError when the runtime refuses it for good */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#keepConnected(resolve)
        .finally(() => this.#end())
        // Closed before it was connected.
        .then(resolve, reject);
    });
  }

  /** Takes no call any more; resolves when those that are there have been answered. */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#state = ConnectionState.CLOSING;
      this.#current?.send(frame(kinds.workerPause));
      this.#wakeUp();
    }
    return this.closed;
  }

  async #keepConnected(connected: () => void): Promise<void> {
    let failures = 0;
    let isFirst = true;
    while (!this.#closing || this.#running.size > 0) {
      if (this.#current) {
        await this.#untilWoken();
        continue;
      }
      if (!this.#closing) this.#state = isFirst ? ConnectionState.CONNECTING : ConnectionState.RECONNECTING;
      try {
        this.#attach(await this.parts.dial());
        failures = 0;
        isFirst = false;
        connected();
      } catch (error) {
        if (!(error instanceof DialError)) throw error;
        if (isFirst && error.final) throw error;
        const pauseMs = this.#pauseAfter(failures++, error);
        this.parts.logger.warn(`${error.message}; the next attempt is in ${pauseMs} ms`);
        await this.#untilWoken(pauseMs);
      }
    }
  }

  #pauseAfter(failures: number, { message }: DialError): number {
    const jitter = 0.5 + this.parts.random();
    // Another one will be there soon.
    const pause = message.includes("connect_gateway_closing")
      ? 1_000
      : pausesMs[Math.min(failures, pausesMs.length - 1)]!;
    return Math.round(pause * jitter);
  }

  async #end(): Promise<void> {
    this.#stopTimers();
    this.#current?.close(normalClosure, "WORKER_SHUTDOWN");
    this.#draining?.close(normalClosure, "WORKER_SHUTDOWN");
    this.#current = this.#draining = null;
    await this.parts.replies.end();
    this.#state = ConnectionState.CLOSED;
    this.#resolveClosed();
  }

  #attach(dialled: Dialled): void {
    this.#draining?.close(normalClosure, "replaced");
    this.#draining = null;
    this.#current = dialled;
    dialled.events = {
      frame: (kind, payload) => this.#received(dialled, kind, payload),
      closed: (reason) => this.#lose(dialled, reason),
    };
    if (!dialled.isOpen) return this.#lose(dialled, "it did not stay open");
    if (!this.#closing) this.#state = ConnectionState.ACTIVE;
    dialled.send(frame(this.#closing ? kinds.workerPause : kinds.workerReady));
    this.#startTimers(dialled);
    void this.parts.replies.flush();
  }

  #lose(dialled: Dialled, reason: string): void {
    if (this.#draining === dialled) this.#draining = null;
    if (this.#current !== dialled) return;
    this.#current = null;
    this.parts.logger.warn(`the connection to the runtime has ended: ${reason}`);
    this.parts.replies.disconnected();
    this.#wakeUp();
  }

  #startTimers({ heartbeatMs, extendMs }: Dialled): void {
    this.#stopTimers();
    const stopHeartbeats = this.#every(heartbeatMs, () => this.#heartbeat());
    const stopExtending = this.#every(extendMs, () => this.#extendLeases());
    this.#stopTimers = () => {
      stopHeartbeats();
      stopExtending();
    };
  }

  #every(ms: number, work: () => void): () => void {
    let stop = (): void => {};
    const arm = (): void => {
      stop = this.parts.clock.after(ms, () => {
        work();
        arm();
      });
    };
    arm();
    return () => stop();
  }

  #heartbeat(): void {
    const dialled = this.#current;
    if (!dialled) return;
    if (dialled.missed >= mostMissed) {
      dialled.close(4_000, "CONSECUTIVE_HEARTBEATS_MISSED");
      return this.#lose(dialled, "the runtime does not answer");
    }
    dialled.missed++;
    dialled.send(frame(kinds.workerHeartbeat));
  }

  /** By the connection that is there now, whichever it was by which the call came. */
  #extendLeases(): void {
    for (const { call, leaseId } of this.#running.values()) {
      this.#current?.send(frame(kinds.workerRequestExtendLease, extendLease, { ...echo(call), leaseId }));
    }
  }

  #received(dialled: Dialled, kind: number, payload: Uint8Array): void {
    switch (kind) {
      case kinds.gatewayHeartbeat:
        dialled.missed = 0;
        return;
      case kinds.gatewayExecutorRequest:
        return this.#take(dialled, decode(executorRequest, payload));
      case kinds.workerReplyAck:
        return this.parts.replies.confirmed(decode(replyAck, payload).requestId);
      case kinds.workerRequestExtendLeaseAck: {
        const { requestId, newLeaseId } = decode(extendLeaseAck, payload);
        return this.#extended(requestId, newLeaseId);
      }
      case kinds.gatewayClosing:
        if (this.#current !== dialled) return;
        this.#draining = dialled;
        this.#current = null;
        return this.#wakeUp();
      // What later versions say, too, is nothing that has to be known.
      default:
        return;
    }
  }

  #extended(requestId: string, newLeaseId: string): void {
    const running = this.#running.get(requestId);
    if (!running) return;
    if (newLeaseId !== "") {
      running.leaseId = newLeaseId;
      return;
    }
    this.parts.logger.warn(
      `the call ${requestId} of \`${running.call.functionSlug}\` was lost: it took too long to say so`,
    );
    this.#running.delete(requestId);
    running.lost.abort(new Error("the runtime has given the call to somebody else"));
    this.#wakeUp();
  }

  /** One that is not confirmed goes to another worker. */
  #take(dialled: Dialled, call: Call): void {
    if (this.#closing || this.#running.has(call.requestId)) return;
    if (!this.parts.apps.has(call.appName)) {
      return this.parts.logger.warn(`a call of \`${call.appName}\` came, which is not run here`);
    }
    dialled.send(frame(kinds.workerRequestAck, requestAck, echo(call)));
    const running = { call, leaseId: call.leaseId, lost: new AbortController() };
    this.#running.set(call.requestId, running);
    void this.#execute(running);
  }

  async #execute(running: Running): Promise<void> {
    const { call, lost } = running;
    const answer = await this.parts.apps.answer(call, lost.signal);
    // It is somebody else's.
    if (this.#running.get(call.requestId) !== running) return;
    this.#running.delete(call.requestId);
    this.#reply(call.requestId, answer);
    if (this.#closing) this.#wakeUp();
  }

  #reply(requestId: string, answer: Draft<typeof reply>): void {
    const { replies } = this.parts;
    if (this.#current?.isOpen) {
      this.#current.send(frame(kinds.workerReply, reply, answer));
      return replies.sent(requestId, encode(reply, answer));
    }
    // The one that stops still listens.
    this.#draining?.send(frame(kinds.workerReply, reply, answer));
    replies.keep(requestId, encode(reply, answer));
  }

  async #untilWoken(ms?: number): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        const stop = ms === undefined ? null : this.parts.clock.after(ms, resolve);
        this.#wake = () => {
          stop?.();
          resolve();
        };
      });
    }
    this.#isWoken = false;
    this.#wake = () => {};
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake();
  }
}

function echo(call: Call) {
  const { requestId, accountId, envId, appId, functionSlug, stepId, systemTraceCtx, userTraceCtx, runId } = call;
  return { requestId, accountId, envId, appId, functionSlug, stepId, systemTraceCtx, userTraceCtx, runId };
}
