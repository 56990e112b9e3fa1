import { RemoteFunction } from "../../define/remote-function.js";
import { appOfWorkerUrl } from "../../define/worker-url.js";
import { durations } from "../../manifest/duration.js";
import type { RunNote } from "../run-note.js";
import type { Transport } from "../transport.js";
import type { Checkpoints } from "./checkpoints.js";
import { EndpointRequests } from "./endpoint-requests.js";
import { createPoster, type Poster } from "./post.js";
import { RemoteApp } from "./remote-app.js";
import { RemoteRun } from "./remote-run.js";
import { StepRequests } from "./step-requests.js";

export interface HttpTransportOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Keeps what an application notes on the run or its steps, from now on in the order of calls. */
  readonly annotate: (runId: string, notes: readonly RunNote[]) => void;
  /** Runs `fire` after `ms`, unless the result is called before. */
  readonly after: (ms: number, fire: () => void) => () => void;
  /** What requests are signed with, then what is tried where that is refused; none: nothing is signed, as in development. */
  readonly signingKeys?: readonly string[] | undefined;
  /** Told with each answer which build of an application has given it: `where` is its URL without the query. */
  readonly manifestSeen?: ((where: string, hash: string) => void) | undefined;
  /** Where results of steps arrive before a request is answered; without it, each request executes one step. */
  readonly checkpoints?: Checkpoints | undefined;
  /** How long one request may take, in ms. Default 2 h. */
  readonly requestTimeoutMs?: number | undefined;
  /** Connections to one host at one time. Default 100. */
  readonly connections?: number | undefined;
  /** Where workers connect that dial out; without it, their applications cannot be called. */
  readonly workers?: Poster | undefined;
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
    poster: withWorkers(createPoster(connections, options.after), options.workers),
    now: options.now,
    signingKeys: options.signingKeys ?? [],
    manifestSeen: options.manifestSeen ?? null,
    requestTimeoutMs: options.requestTimeoutMs ?? defaults.requestTimeoutMs,
    answerBytes: defaults.answerBytes,
    callsAtOnce: connections * defaults.callsPerConnection,
  };
  const apps = new Map<string, RemoteApp>();
  const appAt = (url: string): RemoteApp => {
    // One application has many functions under one path; another one on the same host may be well when it is dead.
    const where = url.replace(/[?#].*$/s, "");
    let app = apps.get(where);
    if (!app) apps.set(where, (app = new RemoteApp(shared)));
    return app;
  };
  return {
    async execute(call) {
      if (!(call.definition instanceof RemoteFunction)) {
        throw new Error(`internal error: \`${call.functionId}\` is not behind HTTP`);
      }
      const { url, isEndpoint } = call.definition;
      const Requests = isEndpoint ? EndpointRequests : StepRequests;
      const adopted = options.checkpoints?.adopted.get(call.runId) ?? null;
      return new RemoteRun(call, new Requests(call, url, appAt(url)), options, adopted).execute();
    },
  };
}

function withWorkers(http: Poster, workers: Poster | undefined): Poster {
  if (!workers) return http;
  return {
    post: (request) => (appOfWorkerUrl(request.url) === null ? http : workers).post(request),
    close: () => http.close(),
  };
}
