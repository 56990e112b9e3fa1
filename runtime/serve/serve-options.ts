import type { Application } from "../codegen/application.js";
import type { Stepwright } from "../define/client.js";
import type { InngestFunction } from "../define/sdk-names.js";

/** What every adapter's `serve` takes beside client and functions. */
export interface EndpointOptions {
  /** The path of the endpoint, where the request does not show it: `/api/inngest`. */
  readonly servePath?: string | undefined;
  /** Scheme and host of the endpoint, where the request does not show them: `https://shop.example`. */
  readonly serveOrigin?: string | undefined;
  /** @deprecated SDK v3's name of `serveOrigin`. */
  readonly serveHost?: string | undefined;
  /** The client's or the environment's (STEPWRIGHT_SIGNING_KEY, INNGEST_SIGNING_KEY) otherwise. */
  readonly signingKey?: string | undefined;
  /** Accepted as well, while keys are rotated. */
  readonly signingKeyFallback?: string | undefined;
  /** Answers at once and sends white space every 3 s until there is a result, so that no platform gives up; off by default. */
  readonly streaming?: boolean | "allow" | "force" | undefined;
  /** Where the runtime is; the client's or the environment's otherwise. */
  readonly baseUrl?: string | undefined;
  /** Used instead of the client's or the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Larger requests are refused; 64 MiB by default. */
  readonly maxBodyBytes?: number | undefined;
  /** Without it, a `PUT` needs a signature, too; true by default. */
  readonly enableUnauthedSync?: boolean | undefined;
}

export interface ServeOptions extends EndpointOptions {
  readonly client: Stepwright.Like;
  readonly functions: readonly InngestFunction.Like[];
}

/** What is served: a client with its functions, or an application that `stepwright build` has made. */
export type Served = ServeOptions | Application;

export function isApplication(served: Served): served is Application {
  return "manifest" in served && "appId" in served;
}
