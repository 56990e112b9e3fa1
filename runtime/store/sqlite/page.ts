import { CursorError, type Page } from "../store.js";
import type { SqlRow } from "./driver.js";
import { readNumber } from "./read-column.js";

/** From one row more than asked, if there are so many. The cursor is the number of the last row. */
export function toPage<T>(rows: readonly SqlRow[], limit: number, toItem: (row: SqlRow) => T): Page<T> {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { items: rows.slice(0, limit).map(toItem), next: last ? String(readNumber(last, "n")) : null };
}

export function parseCursor(cursor: string): number {
  if (!/^\d{1,15}$/.test(cursor)) throw new CursorError(cursor);
  return Number(cursor);
}
