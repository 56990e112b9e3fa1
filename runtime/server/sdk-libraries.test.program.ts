/** This package and both versions of the SDK, as applications use them; for the tests of this folder. */
import http, { type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import * as v3 from "inngest-v3";
import { connect as connectV3 } from "inngest-v3/connect";
import { serve as serveV3 } from "inngest-v3/node";
import * as v4 from "inngest-v4";
import { connect as connectV4 } from "inngest-v4/connect";
import { serve as serveV4 } from "inngest-v4/node";
import { WebSocket } from "ws";

import * as own from "../define/index.js";
import { serve as serveOwn } from "../serve/adapters/node.js";
import { connect as connectOwn } from "../serve/connect/connect.js";

export const quiet = { info() {}, warn() {}, error() {}, debug() {} };
export type Define = (config: object, handler: (context: any) => unknown) => any;

/** What `connect` of all of them gives. */
export interface WorkerConnection {
  readonly state: string;
  readonly connectionId: string;
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** What a library needs to serve functions; the handlers are the same for all. */
export interface Library {
  readonly open: (options: { baseUrl: string; [option: string]: unknown }) => { client: any; define: Define };
  readonly serve: (served: { client: any; functions: any[]; [option: string]: unknown }) => RequestListener;
  readonly connect: (options: any) => Promise<WorkerConnection>;
  readonly errors: {
    NonRetriableError: new (message: string) => Error;
    RetryAfterError: new (m: string, t: any) => Error;
  };
}

export const libraries: Record<string, Library> = {
  stepwright: {
    open: (options) => {
      const client = new own.Stepwright({ id: "shop", isDev: true, logger: quiet, ...options });
      return { client, define: (config, handler) => client.createFunction(config as never, handler) };
    },
    serve: serveOwn as never,
    connect: connectOwn as never,
    errors: own,
  },
  "inngest 3": {
    open: (options) => {
      const client = new v3.Inngest({ id: "shop", isDev: true, logger: quiet, ...options });
      const define: Define = ({ triggers = [], ...config }: any, handler) =>
        client.createFunction(config, triggers, handler);
      return { client, define };
    },
    serve: serveV3 as never,
    connect: connectV3,
    errors: v3,
  },
  "inngest 4": {
    open: (options) => {
      const client = new v4.Inngest({ id: "shop", isDev: true, logger: quiet, ...options });
      return { client, define: (config, handler) => client.createFunction(config as never, handler) };
    },
    serve: serveV4 as never,
    connect: connectV4,
    errors: v4,
  },
};

/** Each version of the SDK keeps there, under the same name, what the other one cannot use. */
export function separateVersions(): void {
  Reflect.deleteProperty(globalThis, Symbol.for("inngest:als"));
}

export interface Listening {
  readonly url: string;
  close(): void;
}

/** On a free port of the loopback, at the usual path. */
export async function listen(listener: RequestListener): Promise<Listening> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Runs the functions in a worker that dials out; gives its end. */
export async function dial({ connect }: Library, app: { client: any; functions: any[] }): Promise<() => Promise<void>> {
  // SDKs need one, which Node 20 does not have.
  globalThis.WebSocket ??= WebSocket as never;
  const connection = await connect({ apps: [app], handleShutdownSignals: [], isolateExecution: false });
  return () => connection.close();
}
