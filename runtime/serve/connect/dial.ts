/** One connection to the runtime: asked for, opened, and introduced. */
import { WebSocket } from "ws";

import { parseDuration } from "../../manifest/duration.js";
import { decode, type Draft, encode } from "../../transport/connect/wire/codec.js";
import {
  connectionReady,
  frame,
  kinds,
  readFrame,
  startRequest,
  startResponse,
  subprotocol,
  workerConnect,
} from "../../transport/connect/wire/messages.js";
import type { RuntimeApi } from "../runtime-api.js";

/** From asking for a connection until it is ready, in ms. */
const dialWithinMs = 10_000;
const largestFrame = 64 * 1024 * 1024;
/** Codes with which a runtime ends a connection that it does not want, whenever it is tried. */
const unwanted: ReadonlySet<number> = new Set([1008]);

/** `final`: it will not be otherwise until somebody changes something. */
export class DialError extends Error {
  override readonly name = "DialError";
  constructor(
    message: string,
    readonly final: boolean,
  ) {
    super(message);
  }
}

export interface DialOptions {
  readonly api: RuntimeApi;
  /** In place of what the runtime says. */
  readonly gatewayUrl: string | null;
  readonly introduce: Draft<typeof workerConnect>;
}

export interface DialEvents {
  frame(kind: number, payload: Uint8Array): void;
  closed(reason: string): void;
}

export class Dialled {
  /** What it calls from now on. Nothing is lost before: no frame comes until the worker has said that it is ready. */
  events: DialEvents | null = null;
  /** Heart-beats without an answer. */
  missed = 0;

  constructor(
    readonly id: string,
    readonly socket: WebSocket,
    readonly heartbeatMs: number,
    readonly extendMs: number,
  ) {}

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(bytes: Uint8Array): void {
    if (this.isOpen) this.socket.send(bytes);
  }

  /** Nothing is heard of it any more. */
  close(code: number, reason: string): void {
    this.events = null;
    this.socket.close(code, reason);
    const impatience = setTimeout(() => this.socket.terminate(), 1_000);
    impatience.unref();
    this.socket.once("close", () => clearTimeout(impatience));
  }
}

/** @throws DialError */
export async function dial({ api, gatewayUrl, introduce }: DialOptions): Promise<Dialled> {
  const late = AbortSignal.timeout(dialWithinMs);
  const start = await askForConnection(api, late);
  const socket = new WebSocket(gatewayUrl ?? start.gatewayEndpoint, [subprotocol], {
    maxPayload: largestFrame,
    perMessageDeflate: false,
    handshakeTimeout: dialWithinMs,
  });
  return new Promise((resolve, reject) => {
    let dialled: Dialled | null = null;
    let isGreeted = false;
    const fail = (message: string, final = false): void => {
      reject(new DialError(message, final));
      if (dialled === null) socket.terminate();
    };
    late.addEventListener("abort", () => dialled === null && fail("the runtime has not answered in time"));
    socket.on("error", (error) => fail(`the connection failed: ${error.message}`));
    socket.on("close", (code, reason) => {
      const why = reason.toString() || `code ${code}`;
      if (dialled) dialled.events?.closed(why);
      else fail(`the runtime has closed the connection: ${why}`, unwanted.has(code));
    });
    socket.on("message", (data: Buffer) => {
      try {
        const { kind, payload } = readFrame(data);
        if (dialled) {
          dialled.events?.frame(kind, payload);
        } else if (!isGreeted) {
          if (kind !== kinds.gatewayHello) return fail("what answers there is no gateway");
          isGreeted = true;
          const { connectionId, sessionToken, syncToken } = start;
          socket.send(
            frame(kinds.workerConnect, workerConnect, {
              ...introduce,
              connectionId,
              authData: { sessionToken, syncToken },
            }),
          );
        } else if (kind === kinds.gatewayConnectionReady) {
          const { heartbeatInterval, extendLeaseInterval } = decode(connectionReady, payload);
          const heartbeatMs = readInterval(heartbeatInterval, 10_000);
          dialled = new Dialled(start.connectionId, socket, heartbeatMs, readInterval(extendLeaseInterval, 5_000));
          resolve(dialled);
        } else if (kind === kinds.syncFailed) {
          fail("the runtime does not take the functions in", true);
        }
      } catch (error) {
        fail(`the runtime sent what is not understood: ${error instanceof Error ? error.message : String(error)}`);
        socket.terminate();
      }
    });
  });
}

async function askForConnection(api: RuntimeApi, signal: AbortSignal) {
  let response: Response;
  try {
    response = await api.postMessage("/v0/connect/start", encode(startRequest, {}), signal);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new DialError(
      `the runtime cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`,
      false,
    );
  }
  if (response.status === 200) return decode(startResponse, new Uint8Array(await response.arrayBuffer()));
  const said = (await response.text()).slice(0, 500);
  throw new DialError(`the runtime has answered ${response.status}: ${said}`, response.status === 401);
}

function readInterval(text: string, otherwise: number): number {
  const parsed = parseDuration(text);
  return parsed.ok && parsed.value > 0 ? parsed.value : otherwise;
}
