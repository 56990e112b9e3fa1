import type { ManifestRecord } from "../records.js";
import { mostManifests } from "../store.js";
import type { Database, Statement } from "./driver.js";
import { readNumber, readText } from "./read-column.js";
import type { WriteContext } from "./write-context.js";

const insert = "INSERT OR REPLACE INTO manifests (hash, manifest, started_at) VALUES (?, ?, ?)";
const trim = `DELETE FROM manifests WHERE hash NOT IN (
  SELECT hash FROM manifests ORDER BY started_at DESC, hash LIMIT ${mostManifests})`;

export function putManifest(context: WriteContext, { hash, manifest, startedAt }: ManifestRecord): void {
  context.run(insert, [hash, manifest, startedAt]);
  context.run(trim, []);
}

/** The query behind `Store.manifests`. */
export class ManifestReader {
  readonly #newest: Statement;

  constructor(database: Database) {
    this.#newest = database.prepare("SELECT * FROM manifests ORDER BY started_at DESC, hash LIMIT ?");
  }

  list(limit: number): ManifestRecord[] {
    return this.#newest.all([limit]).map((row) => ({
      hash: readText(row, "hash"),
      manifest: readText(row, "manifest"),
      startedAt: readNumber(row, "started_at"),
    }));
  }
}
