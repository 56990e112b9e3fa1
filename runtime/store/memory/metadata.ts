import { type MetadataUpdate, updateMetadata } from "../metadata.js";
import type { WriteResult } from "../store.js";
import type { MemoryTables } from "./memory-tables.js";

export function putMetadata(tables: MemoryTables, update: MetadataUpdate): WriteResult {
  const { runId, step, kind } = update;
  if (!tables.runs.has(runId)) return { kind: "metadata", outcome: "no-run" };
  const record = updateMetadata(tables.metadata.list(runId), update);
  if (!record) return { kind: "metadata", outcome: "too-large" };
  tables.metadata.set(runId, JSON.stringify([step, kind]), record);
  return { kind: "metadata", outcome: "stored" };
}
