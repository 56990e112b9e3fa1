import type { AnyEvents } from "./event-map.js";
import type { EventSchemas } from "./event-schemas.js";
import type { Logger } from "./logger.js";
import type { MiddlewareInput } from "./middleware-input.js";
import type { Serialization } from "./rich.js";

export interface ClientOptions {
  /** The application's name: the prefix of its functions' ids. */
  id: string;
  /** The application's events, in the form of SDK v3. */
  schemas?: EventSchemas<any>;
  /** Runs in this order, before a function's own. */
  middleware?: readonly MiddlewareInput[];
  /** Where the application logs: pino, winston, the console, or alike; pino in a run by default. */
  logger?: Logger;
  /** For what the library itself has to say; `logger` by default. */
  internalLogger?: Logger;
  /** Authorises sending; the environment's STEPWRIGHT_EVENT_KEY or INNGEST_EVENT_KEY otherwise. */
  eventKey?: string;
  signingKey?: string;
  signingKeyFallback?: string;
  /** Where the runtime is; the environment's otherwise, http://127.0.0.1:8288 by default. */
  baseUrl?: string;
  /** The environment (branch) that events belong to. */
  env?: string;
  isDev?: boolean;
  /** Used instead of the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  appVersion?: string;
  /** The largest event that is sent, in bytes of JSON; 512 KiB by default. */
  maxEventBytes?: number;
  /** How results of steps and functions are kept; `json` by default. */
  serialization?: Serialization;
  optimizeParallelism?: boolean;
  aiMetadata?: boolean;
  /** What a run sends, invokes and defers is in its sessions (`meta.sessions`), too; so by default. */
  sessionPropagation?: boolean;
  checkpointing?: unknown;
  experimentalCheckpointing?: unknown;
  endpointAdapter?: any;
}

/** The events that a client with these options declares. */
export type EventsFromOpts<Options> = 0 extends 1 & Options
  ? AnyEvents
  : Options extends { readonly schemas: EventSchemas<infer Events> }
    ? 0 extends 1 & Events
      ? AnyEvents
      : Events
    : AnyEvents;
