import type { ClientOptions } from "../define/client-options.js";
import { type Endpoint, type Environment, resolveEndpoint } from "../define/endpoint.js";
import type { EndpointOptions } from "./serve-options.js";

const mib = 1024 * 1024;

/** Options, client and environment together, as one request finds them. */
export interface Settings {
  /** `dev`: requests need no signature. */
  readonly mode: "dev" | "cloud";
  readonly endpoint: Endpoint;
  /** The first is the one to sign with. */
  readonly signingKeys: readonly string[];
  readonly serveOrigin: string | null;
  readonly servePath: string | null;
  readonly streaming: boolean;
  readonly inBandSync: boolean;
  readonly unauthedSync: boolean;
  readonly platform: string | null;
  readonly maxBodyBytes: number;
}

type Given = EndpointOptions & { readonly clientOptions: ClientOptions; readonly eventKey: string | undefined };

/** Options win over the environment, STEPWRIGHT_* over INNGEST_*. */
export function resolveSettings(given: Given, environment: Environment): Settings {
  const { clientOptions } = given;
  const read = (name: string) => environment[`STEPWRIGHT_${name}`] || environment[`INNGEST_${name}`] || undefined;
  const own = { ...clientOptions, ...(given.baseUrl && { baseUrl: given.baseUrl }) };
  const endpoint = resolveEndpoint(given.fetch ? { ...own, fetch: given.fetch } : own, environment, given.eventKey);
  const key = given.signingKey || clientOptions.signingKey || read("SIGNING_KEY");
  const fallback = given.signingKeyFallback || clientOptions.signingKeyFallback || read("SIGNING_KEY_FALLBACK");
  const signingKeys = [key, fallback].filter((each) => each !== undefined);
  return {
    mode: readMode(clientOptions.isDev, read("DEV")),
    endpoint: { ...endpoint, signingKeys, env: endpoint.env ?? branchOf(environment) },
    signingKeys,
    serveOrigin: given.serveOrigin || given.serveHost || read("SERVE_ORIGIN") || read("SERVE_HOST") || null,
    servePath: given.servePath || read("SERVE_PATH") || null,
    streaming: isOn(given.streaming) ?? isOn(read("STREAMING")) ?? false,
    inBandSync: isOn(read("ALLOW_IN_BAND_SYNC")) ?? true,
    unauthedSync: given.enableUnauthedSync ?? isOn(read("ENABLE_UNAUTHED_SYNC")) ?? true,
    platform: platformOf(environment),
    maxBodyBytes: given.maxBodyBytes ?? 64 * mib,
  };
}

/** Verified unless somebody says that it is development: a switch, or the address of a development server. */
function readMode(isDev: boolean | undefined, variable: string | undefined): Settings["mode"] {
  if (isDev !== undefined) return isDev ? "dev" : "cloud";
  if (variable === undefined) return "cloud";
  return (isOn(variable) ?? true) ? "dev" : "cloud";
}

function isOn(value: unknown): boolean | undefined {
  if (typeof value === "boolean") return value;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^(?:1|true|yes|on|allow|force)$/i.test(text)) return true;
  return /^(?:0|false|no|off)$/i.test(text) ? false : undefined;
}

/** The names under which platforms tell the branch that was deployed. */
const branchVariables = [
  "BRANCH_NAME",
  "VERCEL_GIT_COMMIT_REF",
  "BRANCH",
  "CF_PAGES_BRANCH",
  "RENDER_GIT_BRANCH",
  "RAILWAY_GIT_BRANCH",
];

function branchOf(environment: Environment): string | undefined {
  return branchVariables.map((name) => environment[name]).find(Boolean);
}

function platformOf(environment: Environment): string | null {
  if (environment["VERCEL"] === "1") return "vercel";
  if (environment["NETLIFY"] === "true") return "netlify";
  if (environment["CF_PAGES"] === "1") return "cloudflare-pages";
  if (environment["RENDER"] === "true") return "render";
  return environment["RAILWAY_ENVIRONMENT"] ? "railway" : null;
}
