import { createHash } from "node:crypto";
import { version } from "../../define/version.js";
import type { ServedApplication } from "../served-application.js";
import type { Settings } from "../settings.js";
import { shortKeyHash } from "../../protocol/signing-key.js";
import { capabilities } from "./registration.js";

export interface Introspected {
  readonly app: ServedApplication;
  readonly settings: Settings;
  readonly framework: string;
  /** Null: the request was not signed; false: the signature does not fit. */
  readonly authenticated: boolean | null;
}

/** Whether it works and how it is configured. What only the runtime may know is in it for a signed request alone. */
export function introspect({ app, settings, framework, authenticated }: Introspected): object {
  const { endpoint, signingKeys, mode } = settings;
  const [key, fallback] = signingKeys;
  const open = {
    authentication_succeeded: authenticated,
    capabilities,
    extra: { native_crypto: true, is_streaming: settings.streaming, manifest_hash: app.manifest.hash },
    function_count: app.functions.size,
    has_event_key: endpoint.eventKey !== undefined,
    has_signing_key: key !== undefined,
    has_signing_key_fallback: fallback !== undefined,
    mode,
    schema_version: "2024-05-24",
  };
  if (authenticated !== true) {
    return { ...open, extra: { native_crypto: true } };
  }
  return {
    ...open,
    api_origin: `${endpoint.apiUrl}/`,
    app_id: app.appId,
    env: endpoint.env ?? null,
    event_api_origin: `${endpoint.eventUrl}/`,
    event_key_hash: endpoint.eventKey === undefined ? null : sha256(endpoint.eventKey),
    framework,
    sdk_language: "js",
    sdk_version: version,
    serve_origin: settings.serveOrigin,
    serve_path: settings.servePath,
    signing_key_fallback_hash: fallback === undefined ? null : shortKeyHash(fallback),
    signing_key_hash: key === undefined ? null : shortKeyHash(key),
  };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
