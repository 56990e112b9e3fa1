import type { EventRecord } from "../records.js";
import type { SqlRow } from "./driver.js";
import type { Names } from "./names.js";
import { readNumber, readText, readTextOrNull } from "./read-column.js";

export const selectEvent = "SELECT n, id, name, ts, received_at, data, key, extra FROM events";

export function toEventRecord(row: SqlRow, names: Names): EventRecord {
  return {
    id: readText(row, "id"),
    name: names.textOf(readNumber(row, "name")),
    key: readTextOrNull(row, "key"),
    data: readText(row, "data"),
    extra: readTextOrNull(row, "extra"),
    ts: readNumber(row, "ts"),
    receivedAt: readNumber(row, "received_at"),
  };
}
