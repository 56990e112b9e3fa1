/** Endpoints of APIs: nobody registers them, they are known from the first run that one of them begins. */
import type { Registration } from "../codegen/remote-application.js";
import { RemoteFunction } from "../define/remote-function.js";
import type { RemoteApplication } from "../codegen/remote-application.js";

/** What is asked of an endpoint. */
export interface EndpointUse {
  /** The application's: with the scheme, and the port if it is not the usual one. */
  readonly domain: string;
  readonly method: string;
  readonly path: string;
  /** The endpoint's name, where the application gives it one. */
  readonly fn?: string | null | undefined;
  /** After the first attempt. */
  readonly retries: number | undefined;
}

/** So many endpoints of an application are told apart; those that come then are one for each method. */
const mostEndpoints = 500;

/** Parts of a path that say which thing is meant, and not what is done: numbers, and ids of the usual kinds. */
const idPart = /^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9A-HJKMNP-TV-Z]{26}|[0-9a-f]{24,64})$/i;

/** The function that stands for the endpoint; `/orders/17` and `/orders/18` are one. */
export function nameEndpoint({ method, path, fn }: Pick<EndpointUse, "method" | "path" | "fn">): string {
  if (fn) return fn;
  const parts = path.split("/").map((part) => (idPart.test(part) ? ":id" : part));
  return `${method} ${parts.join("/")}`.slice(0, 256);
}

/** The application with that endpoint; null where it is there and the same. `id` is the endpoint's. */
export function addEndpoint(
  known: RemoteApplication | undefined,
  use: EndpointUse,
): { readonly id: string; readonly registration: Registration | null } {
  const appId = use.domain;
  const endpoints = new Map<string, number | undefined>();
  for (const { definition } of known?.functions ?? []) {
    if (!(definition instanceof RemoteFunction)) continue;
    const { retries } = definition.config;
    endpoints.set(definition.id, typeof retries === "number" ? retries : undefined);
  }
  const own = nameEndpoint(use);
  const id = endpoints.has(own) || endpoints.size < mostEndpoints ? own : `${use.method} (others)`;
  if (endpoints.has(id) && endpoints.get(id) === use.retries) return { id, registration: null };
  endpoints.set(id, use.retries);
  const functions = [...endpoints].map(([each, attempts]) => ({
    id: `${appId}-${each}`,
    name: each,
    triggers: [],
    steps: { step: { runtime: { type: "endpoint", url: use.domain }, retries: { attempts } } },
  }));
  return { id, registration: { appName: appId, url: use.domain, framework: "endpoint", functions } };
}
