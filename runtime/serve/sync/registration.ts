import { version } from "../../define/version.js";
import type { Manifest } from "../../manifest/manifest.js";
import type { ServedApplication } from "../served-application.js";
import { describeForWire } from "./wire-config.js";

export const sdkName = `stepwright:v${version}`;

export interface Registration {
  readonly url: string;
  readonly deployType: "ping";
  readonly framework: string;
  readonly appName: string;
  readonly functions: readonly Readonly<Record<string, unknown>>[];
  readonly sdk: string;
  readonly v: "0.1";
  readonly deployId?: string;
  readonly capabilities: typeof capabilities;
  readonly appVersion?: string;
  /** Beyond the SDK: what a runtime of ours compares. */
  readonly manifestHash: string;
}

export const capabilities = { trust_probe: "v1", in_band_sync: "v1" } as const;

/** What a runtime has to know of the application to call it. */
export function describeRegistration(
  app: ServedApplication,
  place: { readonly url: URL; readonly framework: string; readonly deployId: string | null },
): Registration {
  const { url, framework, deployId } = place;
  const appVersion = app.client?.appVersion;
  return {
    url: url.href,
    deployType: "ping",
    framework,
    appName: app.appId,
    functions: [...app.functions.values()].map((fn) => describeForWire(fn, url)),
    sdk: sdkName,
    v: "0.1",
    ...(deployId !== null && { deployId }),
    capabilities,
    ...(appVersion !== undefined && { appVersion }),
    manifestHash: app.manifest.hash,
  };
}

/** The answer to an in-band synchronisation. The manifest has what the wire form of the SDK cannot say. */
export function describeInBand(
  registration: Registration,
  manifest: Manifest,
  more: { readonly env: string | null; readonly platform: string | null; readonly inspection: object },
): object {
  const { appName, functions, framework, sdk, url, appVersion, manifestHash } = registration;
  return {
    app_id: appName,
    ...(appVersion !== undefined && { appVersion }),
    capabilities,
    env: more.env,
    framework,
    functions,
    inspection: more.inspection,
    ...(more.platform !== null && { platform: more.platform }),
    sdk_author: "stepwright",
    sdk_language: "js",
    sdk_version: version,
    sdk,
    url,
    manifestHash,
    manifest,
  };
}
