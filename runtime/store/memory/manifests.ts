import type { ManifestRecord } from "../records.js";

/** The one that was started last comes first. */
export function latestFirst(manifests: Iterable<ManifestRecord>): ManifestRecord[] {
  return [...manifests].sort((left, right) => right.startedAt - left.startedAt || (left.hash < right.hash ? -1 : 1));
}
