import { hostname } from "node:os";

import type { Application } from "../../codegen/application.js";
import type { Stepwright } from "../../define/client.js";
import type { Environment } from "../../define/endpoint.js";
import type { InngestFunction } from "../../define/sdk-names.js";

export interface ConnectApp {
  readonly client: Stepwright.Like;
  readonly functions: readonly InngestFunction.Like[];
}

export interface ConnectOptions {
  /** What the worker runs: clients with their functions, or applications that `stepwright build` has made; up to 100. */
  readonly apps: readonly (ConnectApp | Application)[];
  /** Names this worker, over restarts too; the host's name by default. */
  readonly instanceId?: string | undefined;
  /** So many calls at one time; without it, as many as the runtime has. `STEPWRIGHT_CONNECT_MAX_WORKER_CONCURRENCY` says it, too. */
  readonly maxWorkerConcurrency?: number | undefined;
  /** At these the connection is closed gracefully; `["SIGINT", "SIGTERM"]` by default, `[]` for none. */
  readonly handleShutdownSignals?: readonly string[] | undefined;
  /** Where the WebSocket is opened, in place of where the runtime says: for a proxy. `STEPWRIGHT_CONNECT_GATEWAY_URL` says it, too. */
  readonly gatewayUrl?: string | undefined;
  /** The client's or the environment's (STEPWRIGHT_SIGNING_KEY, INNGEST_SIGNING_KEY) otherwise. */
  readonly signingKey?: string | undefined;
  /** Shown as well, while keys are rotated. */
  readonly signingKeyFallback?: string | undefined;
  /** Taken for the SDK's sake: code that blocks this thread for half a minute loses its calls, whatever is set here. */
  readonly isolateExecution?: boolean | undefined;
}

export const DEFAULT_SHUTDOWN_SIGNALS: readonly string[] = ["SIGINT", "SIGTERM"];

/** What is not given is read from the environment. */
export interface WorkerSettings {
  readonly instanceId: string;
  /** 0: without limit. */
  readonly concurrency: number;
  readonly signals: readonly string[];
  readonly gatewayUrl: string | null;
}

export function readWorkerSettings(options: ConnectOptions, environment: Environment): WorkerSettings {
  const read = (name: string) =>
    environment[`STEPWRIGHT_CONNECT_${name}`] || environment[`INNGEST_CONNECT_${name}`] || undefined;
  const concurrency = Number(options.maxWorkerConcurrency ?? read("MAX_WORKER_CONCURRENCY") ?? 0);
  return {
    instanceId: options.instanceId || hostname(),
    concurrency: Number.isInteger(concurrency) && concurrency > 0 ? concurrency : 0,
    signals: options.handleShutdownSignals ?? DEFAULT_SHUTDOWN_SIGNALS,
    gatewayUrl: options.gatewayUrl || read("GATEWAY_URL") || null,
  };
}
