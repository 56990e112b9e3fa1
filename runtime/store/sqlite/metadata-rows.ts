import { type MetadataRecord, type MetadataUpdate, sortMetadata, updateMetadata } from "../metadata.js";
import type { WriteResult } from "../store.js";
import type { Database, SqlRow, Statement } from "./driver.js";
import { readNumber, readText } from "./read-column.js";
import type { WriteContext } from "./write-context.js";

const ofRun = "SELECT step, kind, content, updated_at FROM run_metadata WHERE run = ?";
const insert = "INSERT OR REPLACE INTO run_metadata (run, step, kind, content, updated_at) VALUES (?, ?, ?, ?, ?)";

export function putMetadata(context: WriteContext, update: MetadataUpdate): WriteResult {
  const head = context.heads.find(update.runId);
  if (!head) return { kind: "metadata", outcome: "no-run" };
  const record = updateMetadata(context.all(ofRun, [head.n]).map(toRecord), update);
  if (!record) return { kind: "metadata", outcome: "too-large" };
  context.run(insert, [head.n, record.step ?? "", record.kind, record.values, record.updatedAt]);
  return { kind: "metadata", outcome: "stored" };
}

/** The query behind `Store.runs.metadata`. */
export class MetadataReader {
  readonly #ofRun: Statement;

  constructor(database: Database) {
    this.#ofRun = database.prepare(
      "SELECT step, kind, content, updated_at FROM run_metadata WHERE run = (SELECT n FROM runs WHERE id = ?)",
    );
  }

  list(runId: string): readonly MetadataRecord[] {
    return sortMetadata(this.#ofRun.all([runId]).map(toRecord));
  }
}

function toRecord(row: SqlRow): MetadataRecord {
  const step = readText(row, "step");
  return {
    step: step === "" ? null : step,
    kind: readText(row, "kind"),
    values: readText(row, "content"),
    updatedAt: readNumber(row, "updated_at"),
  };
}
