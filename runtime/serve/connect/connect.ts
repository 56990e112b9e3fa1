/** `stepwright/connect`: functions in a process that needs no address, since it dials out to the runtime. */
import type { ClientOptions } from "../../define/client-options.js";
import { readEnvironment } from "../../define/endpoint.js";
import { ConsoleLogger } from "../../define/logger.js";
import { version } from "../../define/version.js";
import type { Clock } from "../../engine/clock.js";
import type { Draft } from "../../transport/connect/wire/codec.js";
import type { workerConnect } from "../../transport/connect/wire/messages.js";
import { lendSteps } from "../lend-steps.js";
import { platformClock } from "../platform-clock.js";
import { RuntimeApi } from "../runtime-api.js";
import { ServeError } from "../serve-error.js";
import { resolveSettings } from "../settings.js";
import { clientOf, ConnectedApps, frameworkName } from "./connected-apps.js";
import { type ConnectOptions, readWorkerSettings } from "./connect-options.js";
import { ConnectionState } from "./connection-state.js";
import { dial, DialError } from "./dial.js";
import { Replies } from "./replies.js";
import { Worker } from "./worker.js";

/** A worker's connection, from the first time that it was there until `close`. */
export interface WorkerConnection {
  readonly state: ConnectionState;
  /** Another one after each reconnection. Empty while there is none. */
  readonly connectionId: string;
  /** Resolves when it is closed. */
  readonly closed: Promise<void>;
  /** Takes no call any more, answers those that are there, and closes. */
  close(): Promise<void>;
  getDebugState(): ConnectDebugState;
}

export interface ConnectDebugState {
  readonly state: ConnectionState;
  readonly activeConnectionId: string | undefined;
  readonly inFlightRequestCount: number;
}

/** What tests replace. */
export interface ConnectParts {
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Runs functions in this process, which connects to the runtime and waits for calls; it needs no web server. When the connection
 * ends it is opened again, for as long as it takes. Resolves when it is there for the first time.
 *
 * @throws ServeError `invalid-apps`, `duplicate-app`, `mixed-environments`, `missing-signing-key`; `connection-refused` when the runtime
 * does not take the key or the functions
 * @example const connection = await connect({ apps: [{ client, functions }] });
 */
export function connect(options: ConnectOptions): Promise<WorkerConnection> {
  return connectWith(options, {});
}

export async function connectWith(options: ConnectOptions, parts: ConnectParts): Promise<WorkerConnection> {
  const apps = new ConnectedApps(options.apps);
  const environment = readEnvironment();
  const { instanceId, concurrency, signals, gatewayUrl } = readWorkerSettings(options, environment);
  const client = clientOf(options.apps);
  const settings = resolveSettings(
    {
      clientOptions: (client?.options as ClientOptions | undefined) ?? { id: "" },
      eventKey: client?.eventKey,
      signingKey: options.signingKey,
      signingKeyFallback: options.signingKeyFallback,
    },
    environment,
  );
  if (settings.mode === "cloud" && settings.signingKeys.length === 0) {
    throw new ServeError("missing-signing-key", "there is no signing key");
  }
  lendSteps();
  const logger = client?.logger ?? new ConsoleLogger();
  const clock = parts.clock ?? platformClock;
  const api = new RuntimeApi(settings, frameworkName);
  const introduce: Draft<typeof workerConnect> = {
    instanceId,
    apps: apps.describe(),
    capabilities: Buffer.from(JSON.stringify({ trust_probe: "v1", connect: "v1" })),
    manualReadinessAck: true,
    environment: settings.endpoint.env ?? "",
    framework: frameworkName,
    platform: settings.platform ?? "",
    sdkVersion: `v${version}`,
    sdkLanguage: "stepwright",
    startedAt: { seconds: Math.floor(clock.now() / 1_000) },
    maxWorkerConcurrency: concurrency,
  };
  const worker = new Worker({
    apps,
    dial: () => dial({ api, gatewayUrl, introduce }),
    replies: new Replies(api, clock, logger),
    clock,
    random: parts.random ?? Math.random,
    logger,
  });
  const close = (): Promise<void> => worker.close();
  for (const signal of signals) process.on(signal, close);
  void worker.closed.then(() => {
    for (const signal of signals) process.off(signal, close);
  });
  try {
    await worker.start();
  } catch (error) {
    if (error instanceof DialError) throw new ServeError("connection-refused", error.message, { cause: error });
    throw error;
  }
  return {
    get state() {
      return worker.state;
    },
    get connectionId() {
      return worker.connectionId ?? "";
    },
    closed: worker.closed,
    close,
    getDebugState: () => ({
      state: worker.state,
      activeConnectionId: worker.connectionId ?? undefined,
      inFlightRequestCount: worker.runningCalls,
    }),
  };
}

export { ConnectionState } from "./connection-state.js";
export {
  type ConnectApp,
  type ConnectOptions as ConnectHandlerOptions,
  DEFAULT_SHUTDOWN_SIGNALS,
} from "./connect-options.js";
