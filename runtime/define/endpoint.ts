import type { ClientOptions } from "./client-options.js";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where events go, and with which credentials. */
export interface Endpoint {
  /** Without a trailing slash. */
  readonly eventUrl: string;
  readonly apiUrl: string;
  readonly eventKey: string | undefined;
  readonly env: string | undefined;
  /** What requests to the runtime show, the fallback last; none in development. */
  readonly signingKeys: readonly string[];
  readonly fetch: typeof globalThis.fetch;
}

const defaultUrl = "http://127.0.0.1:8288";

/** The process's variables; none where there is no process (workers, browsers). */
export function readEnvironment(): Environment {
  const { process } = globalThis as { process?: { env?: Environment } };
  return { ...process?.env };
}

/** Options win over the environment, STEPWRIGHT_* over INNGEST_*, the specific variable over the general one. */
export function resolveEndpoint(
  options: ClientOptions,
  variables: Environment,
  eventKey: string | undefined,
): Endpoint {
  const general = (specific: string) =>
    options.baseUrl ||
    read(variables, `${specific}_BASE_URL`) ||
    read(variables, "BASE_URL") ||
    devUrl(read(variables, "DEV")) ||
    defaultUrl;
  return {
    eventUrl: trimUrl(general("EVENT_API")),
    apiUrl: trimUrl(general("API")),
    eventKey: eventKey || read(variables, "EVENT_KEY"),
    env: options.env || read(variables, "ENV"),
    signingKeys: [
      options.signingKey || read(variables, "SIGNING_KEY"),
      options.signingKeyFallback || read(variables, "SIGNING_KEY_FALLBACK"),
    ].filter((key) => key !== undefined),
    // looked up at each call: a test or platform may replace the global one
    fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
  };
}

// `||`: an empty variable is an unset one
const read = (variables: Environment, name: string) =>
  variables[`STEPWRIGHT_${name}`] || variables[`INNGEST_${name}`] || undefined;

/** INNGEST_DEV may be a switch (`1`, `true`) or an address. */
function devUrl(value: string | undefined): string | undefined {
  if (value === undefined || /^(?:\d|true|false|yes|no|on|off)$/i.test(value.trim())) return undefined;
  return value.trim();
}

function trimUrl(url: string): string {
  const withScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(url) ? url : `http://${url}`;
  return withScheme.replace(/\/+$/, "");
}
