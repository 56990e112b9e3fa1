/** The HTTP interface of one engine. */
import { setMaxListeners } from "node:events";
import Fastify, { type FastifyInstance } from "fastify";

import type { Engine } from "../engine/engine.js";
import type { Gateway } from "../transport/connect/gateway.js";
import type { Checkpoints } from "../transport/http/checkpoints.js";
import { acceptBodiesAsText } from "./body-text.js";
import { answerError, makeAnswer } from "./error-answer.js";
import { makeEventKeyCheck } from "./event-keys.js";
import { addGraphqlRoute } from "./graphql/graphql.js";
import { RemoteApps } from "./remote-apps.js";
import { guardRoutes } from "./signing-keys.js";
import { addAdoptRunRoutes } from "./routes/adopt-run.js";
import { addAppsRoutes } from "./routes/apps.js";
import { addCancelRunRoute } from "./routes/cancel-run.js";
import { addCancellationsRoutes } from "./routes/cancellations.js";
import { addCheckpointRoute } from "./routes/checkpoint.js";
import { addConnectRoutes } from "./routes/connect.js";
import { addDeploymentRoutes } from "./routes/deployment.js";
import { addDevRoute } from "./routes/dev.js";
import { addEndpointOutputRoute } from "./routes/endpoint-output.js";
import { addEventRoute } from "./routes/event.js";
import { addEventRunsRoute } from "./routes/event-runs.js";
import { addEventsRoute } from "./routes/events.js";
import { addHealthRoute } from "./routes/health.js";
import { addHistoryRoute } from "./routes/history.js";
import { addIngestRoute } from "./routes/ingest.js";
import { addInvokeRoute } from "./routes/invoke.js";
import { addMetadataRoute } from "./routes/metadata.js";
import { addRealtimeRoutes } from "./routes/realtime.js";
import { addRegisterRoute } from "./routes/register.js";
import { addResultRoute } from "./routes/result.js";
import { addRunRoute } from "./routes/run.js";
import { addRunStateRoutes } from "./routes/run-state.js";
import { addRunsRoute } from "./routes/runs.js";
import { addSignalsRoute } from "./routes/signals.js";
import { addSpansRoute } from "./routes/spans.js";
import { openDoors } from "./web-sockets.js";

export interface ServerOptions {
  readonly engine: Engine;
  /** Where applications register that are called over HTTP; default: one of the server's own. */
  readonly remotes?: RemoteApps;
  /** Where workers connect, the same that the engine calls them by; without it, none can. */
  readonly gateway?: Gateway;
  /** Where applications post results before they answer, the same that the engine's requests name; without it, none do. */
  readonly checkpoints?: Checkpoints;
  /** Keys that `/e/:key` accepts; none: any. */
  readonly eventKeys?: readonly string[];
  /** Keys of which applications, and whoever asks for runs, have to show one; none: nobody has to. */
  readonly signingKeys?: readonly string[];
  /** Bytes of a request body. Default 32 MiB. */
  readonly bodyLimit?: number;
  /** Told of each answer with a status of 500 or more. */
  readonly onError?: (error: unknown, request: { readonly method: string; readonly url: string }) => void;
}

const defaultBodyLimit = 32 * 1024 * 1024;

/** Routes validate with zod: Fastify's own compilers would take 75 ms of each start, to be loaded and never used. */
const noSchemas = {
  buildValidator: refuseSchema,
  buildSerializer: refuseSchema,
};

function refuseSchema(): never {
  throw new Error("internal error: a route has a Fastify schema; give it one of zod");
}

/**
 * A server that does not listen yet. `close()` answers those who wait for a result with what is known, refuses new requests, and
 * resolves when the requests in progress are answered; the engine stays open.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const server = Fastify({
    // a line of log for each request would cost as much as the request
    logger: false,
    bodyLimit: options.bodyLimit ?? defaultBodyLimit,
    // until the whole request is here; the long poll's answer may take longer
    requestTimeout: 30_000,
    // longer than the idle time of usual load balancers, so that they close first
    keepAliveTimeout: 72_000,
    http: { headersTimeout: 20_000 },
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: 512 },
    schemaController: { compilersFactory: noSchemas },
  });
  const closing = new AbortController();
  // one listener for each long poll
  setMaxListeners(0, closing.signal);
  server.addHook("preClose", async () => closing.abort());
  acceptBodiesAsText(server);
  server.setErrorHandler((error, request, reply) => {
    const answer = answerError(error);
    if (answer.status >= 500) options.onError?.(error, request);
    return reply.code(answer.status).send(answer);
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `there is no \`${request.method} ${request.url.slice(0, 200)}\``;
    const answer = makeAnswer(
      404,
      "unknown-route",
      message,
      "events go to `POST /e/<key>`, runs are at `GET /v1/runs`",
    );
    return reply.code(404).send(answer);
  });

  const signingKeys = options.signingKeys ?? [];
  guardRoutes(server, signingKeys);
  const context = {
    engine: options.engine,
    remotes: options.remotes ?? new RemoteApps(options.engine),
    checkEventKey: makeEventKeyCheck(options.eventKeys ?? []),
    closing: closing.signal,
  };
  addHealthRoute(server, context);
  addIngestRoute(server, context);
  addInvokeRoute(server, context);
  addEventsRoute(server, context);
  addEventRoute(server, context);
  addEventRunsRoute(server, context);
  addRunsRoute(server, context);
  addRunRoute(server, context);
  addRunStateRoutes(server, context);
  addMetadataRoute(server, context);
  addResultRoute(server, context);
  addSignalsRoute(server, context);
  addCancelRunRoute(server, context);
  addCancellationsRoutes(server, context);
  addHistoryRoute(server, context);
  addRegisterRoute(server, context);
  addAppsRoutes(server, context);
  addDeploymentRoutes(server, context);
  addDevRoute(server, context);
  if (options.checkpoints) {
    addCheckpointRoute(server, options.checkpoints);
    addAdoptRunRoutes(server, context, options.checkpoints, signingKeys);
    addEndpointOutputRoute(server, context, signingKeys);
  }
  addSpansRoute(server);
  addGraphqlRoute(server, context);
  const doors = new Map([addRealtimeRoutes(server, context)]);
  if (options.gateway) doors.set(...addConnectRoutes(server, context, options.gateway));
  openDoors(server.server, doors);
  return server;
}
