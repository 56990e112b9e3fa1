import { RemoteFunction } from "../../define/remote-function.js";
import { durations } from "../../manifest/duration.js";
import type { Transport } from "../transport.js";
import { createPoster } from "./post.js";
import { RemoteApp } from "./remote-app.js";
import { RemoteRun } from "./remote-run.js";

export interface HttpTransportOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What requests are signed with; default: they are not, as in development. */
  readonly signingKey?: string | undefined;
  /** How long one request may take, in ms. Default 2 h. */
  readonly requestTimeoutMs?: number | undefined;
  /** Connections to one host at one time. Default 100. */
  readonly connections?: number | undefined;
}

const defaults = {
  requestTimeoutMs: 2 * durations.hour,
  connections: 100,
  answerBytes: 32 * 1024 * 1024,
  /** Of those that wait for a connection, most should soon have one. */
  callsPerConnection: 5,
};

/** Calls applications that serve their functions by the protocol of the `inngest` SDK. */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const connections = options.connections ?? defaults.connections;
  const shared = {
    poster: createPoster(connections),
    now: options.now,
    signingKey: options.signingKey ?? null,
    requestTimeoutMs: options.requestTimeoutMs ?? defaults.requestTimeoutMs,
    answerBytes: defaults.answerBytes,
    callsAtOnce: connections * defaults.callsPerConnection,
  };
  const apps = new Map<string, RemoteApp>();
  const appAt = (url: string): RemoteApp => {
    const { host } = new URL(url);
    let app = apps.get(host);
    if (!app) apps.set(host, (app = new RemoteApp(shared)));
    return app;
  };
  return {
    async execute(call) {
      if (!(call.definition instanceof RemoteFunction)) {
        throw new Error(`internal error: \`${call.functionId}\` is not behind HTTP`);
      }
      const { url } = call.definition;
      return new RemoteRun(call, url, appAt(url), options.now).execute();
    },
  };
}
