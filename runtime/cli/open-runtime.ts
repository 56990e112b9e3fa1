/** Puts store, engine and server together: what `start` and `dev` have in common. */
import { existsSync } from "node:fs";
import type { Server } from "node:http";
import { pino } from "pino";

import { applicationFromDefinitions } from "../codegen/application.js";
import { joinApplications } from "../codegen/remote-application.js";
import { createEngine } from "../engine/create-engine.js";
import type { EngineLimits, Happening } from "../engine/engine.js";
import { systemClock } from "../engine/clock.js";
import { lendAmbient } from "../engine/lend-ambient.js";
import { readKeptApplications } from "../server/kept-applications.js";
import { createWorkerServer } from "../server/connect/accept-workers.js";
import { createServer } from "../server/create-server.js";
import { RemoteApps } from "../server/remote-apps.js";
import { Gateway } from "../transport/connect/gateway.js";
import { Checkpoints } from "../transport/http/checkpoints.js";
import { checkEnvironment } from "./check-environment.js";
import { CommandFailure } from "./command-failure.js";
import { discoverApps } from "./discover-apps.js";
import { loadApplicationFile } from "./load-application-file.js";
import { keepManifest } from "./keep-manifest.js";
import { keepInSync } from "./keep-in-sync.js";
import { openStore } from "./open-store.js";

export interface RuntimeOptions {
  /** The `app.mjs` of a build; null: nothing runs in this process. */
  readonly app: string | null;
  /** A file, or `memory`. */
  readonly db: string;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly eventKeys: readonly string[];
  /** Where applications are served that are called over HTTP. With one, `app` need not be there. */
  readonly sdkUrls?: readonly string[];
  /** Applications are looked for on the usual ports of this machine. Default: no. */
  readonly discovers?: boolean;
  /** What calls are signed with, then what is tried where that is refused; applications have to show one of them. */
  readonly signingKeys?: readonly string[];
  /** Workers that dial out may connect at this port, too, besides `port`. */
  readonly connectPort?: number | undefined;
  readonly retryIntervalMs: number | undefined;
  /** How long an event's `id` keeps the same function from starting again. */
  readonly dedupeMs: number;
  /** Whether the variables of the environment that `app` needs have to be set. */
  readonly needsEnvironment: boolean;
  readonly limits?: Partial<EngineLimits>;
  readonly observe?: (happening: Happening) => void;
}

export interface OpenRuntime {
  /** `http://127.0.0.1:8288`. */
  readonly url: string;
  readonly appId: string;
  readonly functionCount: number;
  readonly storeDescription: string;
  /** Loads the file again and swaps the application if it has changed; on failure the old one goes on. @throws CommandFailure */
  replaceApplication(): Promise<void>;
  /** Refuses new requests, lets running steps finish for up to `drainMs`, and closes the store. */
  close(drainMs: number): Promise<void>;
}

/** How long requests in progress may take to finish when the server closes. */
const slowestAnswerMs = 2_000;

/** @throws CommandFailure | RuntimeError | StoreError when something is missing or in use; then nothing is left open. */
export async function openRuntime(options: RuntimeOptions): Promise<OpenRuntime> {
  const sdkUrls = options.sdkUrls ?? [];
  const signingKeys = options.signingKeys ?? [];
  const file = options.app !== null && (sdkUrls.length === 0 || existsSync(options.app)) ? options.app : null;
  const tell = (line: string): void => void process.stdout.write(`${line}\n`);
  if (file !== null && options.needsEnvironment) checkEnvironment(file, process.env);
  const app = file === null ? applicationFromDefinitions([]) : await loadApplicationFile(file);
  const store = await openStore(options.db);
  const kept = await readKeptApplications(store);
  for (const problem of kept.problems) tell(problem);
  const gateway = new Gateway({ clock: systemClock });
  const checkpoints = new Checkpoints();
  const manifestSeen = (where: string, hash: string): void => remotes.manifestSeen(where, hash);
  const engine = createEngine({
    store,
    app: joinApplications(app, kept.apps),
    http: { signingKeys, workers: gateway, checkpoints, manifestSeen },
    limits: { ...options.limits, dedupeMs: options.dedupeMs },
    ...(options.retryIntervalMs === undefined ? {} : { retryIntervalMs: options.retryIntervalMs }),
    ...(options.observe === undefined ? {} : { observe: options.observe }),
  });
  const log = pino({ base: null }, pino.destination({ dest: 2, sync: true }));
  const remotes = new RemoteApps(engine, { local: app, known: kept.apps, signingKeys, noticed: tell });
  const server = createServer({
    engine,
    remotes,
    eventKeys: options.eventKeys,
    signingKeys,
    gateway,
    checkpoints,
    onError: (error, { method, url }) => log.error({ err: error, method, url: hideSecrets(url) }, "request failed"),
  });
  const takeBack = lendAmbient(engine);
  const stopSync: (() => void)[] = [];
  const workerDoor = options.connectPort === undefined ? null : createWorkerServer(gateway, remotes);
  const close = async (drainMs: number) => {
    // the engine's timers do not keep the process, and nothing listens any more
    const alive = setInterval(() => {}, 60_000);
    // somebody who sends the rest of a body slowly must not hold up the end
    const impatience = setTimeout(() => server.server.closeAllConnections(), Math.min(drainMs, slowestAnswerMs));
    for (const stop of stopSync) stop();
    try {
      gateway.drain();
      workerDoor?.close();
      const closed = server.close();
      // its end is awaited in any case
      closed.catch(() => {});
      // a server is not closed before its WebSockets are, and workers keep theirs until they have answered
      if (!gateway.hasWorkers) await closed;
      await engine.stop(drainMs);
      gateway.close();
      await closed;
      takeBack();
      await store.close();
    } finally {
      clearTimeout(impatience);
      clearInterval(alive);
    }
  };
  let url: string;
  try {
    await keepManifest(store, app);
    await engine.start();
    url = await server.listen({ host: options.host, port: options.port });
    if (workerDoor) await listenAt(workerDoor, options.host, options.connectPort ?? 0);
    stopSync.push(keepInSync(remotes, sdkUrls, tell));
    if (options.discovers) stopSync.push(discoverApps(remotes, tell));
  } catch (error) {
    // what failed first is what matters
    await close(0).catch(() => {});
    throw explainListenFailure(error, options);
  }
  let local = app;
  return {
    url,
    appId: app.appId,
    functionCount: app.functions.length,
    storeDescription: store.description,
    async replaceApplication() {
      if (file === null) return;
      const next = await loadApplicationFile(file);
      if (next === local) return;
      await remotes.replaceLocal((local = next));
      await keepManifest(store, next);
    },
    close,
  };
}

function listenAt(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
}

function explainListenFailure(error: unknown, { host, port, connectPort }: RuntimeOptions): unknown {
  switch (error instanceof Error && "code" in error ? error.code : undefined) {
    case "EADDRINUSE":
      return isPort(error, connectPort)
        ? new CommandFailure(
            `port ${connectPort} is in use`,
            "stop what listens there, or choose another with `--connect-gateway-port`",
          )
        : new CommandFailure(`port ${port} is in use`, "stop what listens there, or choose another with `--port`");
    case "EACCES":
      return new CommandFailure(`port ${port} may not be used by this user`, "choose one above 1023 with `--port`");
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new CommandFailure(`this machine has no address \`${host}\``, "choose another with `--host`");
    default:
      return error;
  }
}

const isPort = (error: unknown, port: number | undefined): boolean =>
  port !== undefined && error instanceof Error && "port" in error && error.port === port;

/** An event's key is a secret, and so is a token. */
const hideSecrets = (url: string) => url.replace(/^\/e\/[^/?]*/, "/e/…").replace(/([?&]token=)[^&]*/g, "$1…");
