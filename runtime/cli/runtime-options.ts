/** Options that `start` and `dev` share. */
import { InvalidArgumentError, Option } from "commander";

import { formatDuration, parseDuration } from "../manifest/duration.js";

export const defaultPort = 8288;
export const defaultHost = "127.0.0.1";
export const defaultDatabase = "stepwright.db";
export const defaultApplicationFile = ".stepwright/app.mjs";

export const makeDatabaseOption = () => new Option("--db <file>", "database file; `memory` keeps nothing");

export const makePortOption = () =>
  new Option("--port <number>", "port to listen on; 0 for any").default(defaultPort).argParser(parsePort);

export const makeHostOption = () =>
  new Option("--host <address>", "address to listen on; `0.0.0.0` is reachable from elsewhere").default(defaultHost);

export const makeRetryIntervalOption = () =>
  new Option("--retry-interval <duration>", "a fixed time between attempts, for development").argParser(parseTime);

export const makeDrainOption = () =>
  new Option("--drain <duration>", "how long running steps may take to finish when the process is asked to stop")
    .default(10_000, formatDuration(10_000))
    .argParser(parseTime);

export const makeEnvironmentCheckOption = () =>
  new Option("--no-env-check", "do not ask whether the environment variables that the functions need are set");

export const makeDedupeOption = () =>
  new Option("--dedupe-window <duration>", "how long an event's `id` keeps the same function from starting again")
    .default(86_400_000, formatDuration(86_400_000))
    .argParser(parseTime);

export const makeEventKeyOption = () =>
  new Option("--event-key <key>", "accept events with this key only; may be given several times")
    .default([], "any key")
    .argParser((key: string, before: readonly string[]) => [...before, key]);

export const makeSdkUrlOption = () =>
  new Option("-u, --sdk-url <url>", "call the application that is served there; may be given several times")
    .default([], "those that register themselves")
    .argParser((text: string, before: readonly string[]) => [...before, parseSdkUrl(text)]);

export const makeConnectPortOption = () =>
  new Option(
    "--connect-gateway-port <number>",
    "let workers that dial out connect at this port, too; they can at `--port` in any case",
  ).argParser(parsePort);

export const makeSigningKeyOption = () =>
  new Option(
    "--signing-key <key>",
    "sign calls of applications over HTTP, and let only those register that have the key",
  ).argParser(parseSigningKey);

export const makeSigningKeyFallbackOption = () =>
  new Option("--signing-key-fallback <key>", "accepted as well, while keys are rotated").argParser(parseSigningKey);

/** The keys, the one to sign with first. @throws InvalidArgumentError where an environment variable has what is no key */
export function readSigningKeys(
  flags: { readonly signingKey?: string; readonly signingKeyFallback?: string },
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  const read = (name: string): string | undefined => {
    const text = environment[`STEPWRIGHT_${name}`] || environment[`INNGEST_${name}`];
    return text ? parseSigningKey(text) : undefined;
  };
  const key = flags.signingKey ?? read("SIGNING_KEY");
  const fallback = flags.signingKeyFallback ?? read("SIGNING_KEY_FALLBACK");
  return [key, fallback].filter((each) => each !== undefined);
}

/** Both sides show each other a hash of its bytes. */
function parseSigningKey(text: string): string {
  if (/^(?:signkey-\w+-)?(?:[0-9a-f]{2})+$/i.test(text)) return text;
  throw new InvalidArgumentError(
    "A signing key is an even number of hexadecimal digits, which may have `signkey-<env>-` before them.",
  );
}

export const makeDiscoveryOption = () =>
  new Option("--no-discovery", "do not look for applications on the usual ports of this machine");

function parseSdkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.href;
  throw new InvalidArgumentError("Give an address such as `http://localhost:3000/api/inngest`.");
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError("Give a number from 0 to 65535.");
  return port;
}

/** Milliseconds. */
export function parseTime(text: string): number {
  const parsed = parseDuration(/^\d+$/.test(text) ? Number(text) : text);
  if (!parsed.ok) throw new InvalidArgumentError("Give a duration such as `500ms`, `1s` or `2m`.");
  return parsed.value;
}
