/** One worker, from the open connection to its end. */
import { decode, MalformedFrameError, type Message } from "./wire/codec.js";
import {
  connectionReady,
  extendLease,
  extendLeaseAck,
  frame,
  kinds,
  readFrame,
  reply,
  type Reply,
  replyAck,
  requestAck,
  workerConnect,
} from "./wire/messages.js";
import type { GatewayTimings } from "./timings.js";
import type { WorkerCall } from "./worker-call.js";
import { closeCodes, type WorkerLink } from "./worker-link.js";

/** An application as one of its workers describes it. */
export interface WorkerApplication {
  readonly appId: string;
  /** JSON: the functions, as they are registered over HTTP. */
  readonly functions: string;
  /** `typescript:v4.24.0`. */
  readonly sdk: string;
}

/** Takes in what a worker runs; gives the full ids of the functions. @throws Error whose message the worker is told */
export type RegisterWorkerApp = (app: WorkerApplication) => Promise<readonly string[]>;

/** What a session tells the gateway. */
export interface SessionEvents {
  now(): number;
  isKnown(connectionId: string, token: string): boolean;
  /** It has said what it runs. */
  connected(session: WorkerSession): void;
  /** It can take calls on. */
  ready(session: WorkerSession): void;
  acked(session: WorkerSession, requestId: string): void;
  /** Whether the call is still that worker's. */
  extended(session: WorkerSession, requestId: string, leaseId: string): boolean;
  replied(reply: Reply): void;
}

type State = "opened" | "registering" | "connected" | "ready" | "paused" | "gone";

/** A worker that reads so slowly gets no more calls meanwhile. */
const mostBacklog = 16 * 1024 * 1024;
const mostApps = 100;
/** Heart-beats that may be missing; the interval may be a little long. */
const tolerance = 2.5;

export class WorkerSession {
  #state: State = "opened";
  #heardAt: number;
  #capacity = Number.POSITIVE_INFINITY;
  #told = false;
  /** It says `workerReady` itself. */
  #manual = false;
  /** Functions by application. */
  readonly apps = new Map<string, ReadonlySet<string>>();
  readonly calls = new Set<WorkerCall>();

  constructor(
    readonly link: WorkerLink,
    readonly timings: GatewayTimings,
    readonly register: RegisterWorkerApp,
    readonly events: SessionEvents,
  ) {
    this.#heardAt = events.now();
    link.send(frame(kinds.gatewayHello));
  }

  /** It has not said yet who it is. */
  get isNew(): boolean {
    return this.#state === "opened";
  }

  get isGone(): boolean {
    return this.#state === "gone";
  }

  get isFree(): boolean {
    return this.#state === "ready" && this.calls.size < this.#capacity && this.link.backlog < mostBacklog;
  }

  /** It runs the function, and calls may wait for it. */
  serves(appId: string, functionId: string): boolean {
    const alive = this.#state === "ready" || this.#state === "connected";
    return alive && (this.apps.get(appId)?.has(functionId) ?? false);
  }

  received(bytes: Uint8Array): void {
    if (this.isGone) return;
    this.#heardAt = this.events.now();
    try {
      const { kind, payload } = readFrame(bytes);
      if (this.#state === "opened") this.#hello(kind, payload);
      else this.#take(kind, payload);
    } catch (error) {
      if (!(error instanceof MalformedFrameError)) throw error;
      this.end(closeCodes.malformed, "malformed-frame: not a message of the protocol");
    }
  }

  send(bytes: Uint8Array): void {
    if (!this.isGone) this.link.send(bytes);
  }

  /** Whether it has said nothing for too long. */
  isSilent(now: number): boolean {
    const { handshakeMs, heartbeatMs } = this.timings;
    return now - this.#heardAt > (this.isNew ? handshakeMs : heartbeatMs * tolerance);
  }

  /** It looks for another gateway, and gets no call any more. */
  tellClosing(): void {
    if (this.#told || this.isNew) return;
    this.#told = true;
    this.send(frame(kinds.gatewayClosing));
  }

  end(code: number, reason: string): void {
    if (this.isGone) return;
    this.#state = "gone";
    this.link.close(code, cut(reason));
  }

  /** The connection has ended. */
  lost(): void {
    this.#state = "gone";
  }

  #hello(kind: number, payload: Uint8Array): void {
    if (kind !== kinds.workerConnect) {
      return this.end(closeCodes.refused, "not-connected: the first message has to be WORKER_CONNECT");
    }
    const said = decode(workerConnect, payload);
    const token = said.authData?.sessionToken ?? "";
    if (!this.events.isKnown(said.connectionId, token)) {
      return this.end(closeCodes.refused, "invalid-session-token: ask /v0/connect/start for a connection");
    }
    if (said.apps.length === 0 || said.apps.length > mostApps) {
      return this.end(closeCodes.refused, `invalid-apps: a worker runs 1 to ${mostApps} applications`);
    }
    if (said.maxWorkerConcurrency > 0) this.#capacity = said.maxWorkerConcurrency;
    this.#manual = said.manualReadinessAck;
    this.#state = "registering";
    void this.#connect(said);
  }

  async #connect(said: Message<typeof workerConnect>): Promise<void> {
    try {
      const sdk = `${said.sdkLanguage}:${said.sdkVersion}`;
      for (const { appName: appId, functions } of said.apps) {
        const text = Buffer.from(functions.buffer, functions.byteOffset, functions.byteLength).toString("utf8");
        this.apps.set(appId, new Set(await this.register({ appId, functions: text, sdk })));
      }
    } catch (error) {
      return this.end(closeCodes.refused, error instanceof Error ? error.message : String(error));
    }
    // It may have gone meanwhile.
    if (this.#state !== "registering") return;
    this.#state = "connected";
    const { heartbeatMs, extendMs } = this.timings;
    const intervals = {
      heartbeatInterval: durationOf(heartbeatMs),
      extendLeaseInterval: durationOf(extendMs),
      statusInterval: "0s",
    };
    this.send(frame(kinds.gatewayConnectionReady, connectionReady, intervals));
    this.events.connected(this);
    if (!this.#manual) this.#ready();
  }

  #ready(): void {
    if (this.#state !== "connected") return;
    this.#state = "ready";
    this.events.ready(this);
  }

  #take(kind: number, payload: Uint8Array): void {
    switch (kind) {
      case kinds.workerHeartbeat:
        return this.send(frame(kinds.gatewayHeartbeat));
      case kinds.workerReady:
        return this.#ready();
      case kinds.workerPause:
        if (this.#state !== "registering") this.#state = "paused";
        return;
      case kinds.workerRequestAck:
        return this.events.acked(this, decode(requestAck, payload).requestId);
      case kinds.workerRequestExtendLease:
        return this.#extend(decode(extendLease, payload));
      case kinds.workerReply: {
        const replied = decode(reply, payload);
        this.events.replied(replied);
        return this.send(frame(kinds.workerReplyAck, replyAck, { requestId: replied.requestId }));
      }
      // What later versions say, too, is nothing that has to be known.
      default:
        return;
    }
  }

  #extend(said: Message<typeof extendLease>): void {
    const { requestId, accountId, envId, appId, functionSlug, leaseId } = said;
    const kept = this.events.extended(this, requestId, leaseId);
    const answer = { requestId, accountId, envId, appId, functionSlug, ...(kept && { newLeaseId: leaseId }) };
    this.send(frame(kinds.workerRequestExtendLeaseAck, extendLeaseAck, answer));
  }
}

/** As SDKs read it. */
const durationOf = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`);

/** WebSockets carry 123 bytes of a reason. */
function cut(reason: string): string {
  let text = reason.slice(0, 123);
  while (Buffer.byteLength(text) > 123) text = text.slice(0, -1);
  return text;
}
