import type { Manifest } from "../../../runtime/manifest/manifest.js";

/** So many characters of the manifest's hash tell two builds apart. */
const versionLength = 12;

/** `info` of OpenAPI and AsyncAPI. The version is the beginning of the manifest's hash: another application, another version. */
export function documentInfo(manifest: Manifest): { title: string; version: string } {
  return { title: manifest.app.id ?? "application", version: manifest.hash.slice(0, versionLength) };
}
