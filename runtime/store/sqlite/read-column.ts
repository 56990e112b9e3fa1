import type { SqlRow, SqlTuple } from "./driver.js";

/** Columns as the types that the schema promises; a file that another hand changed is told, not passed on. */
export function readText(row: SqlRow, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw unexpected(column, value);
  return value;
}

export function readTextOrNull(row: SqlRow, column: string): string | null {
  const value = row[column];
  if (value !== null && typeof value !== "string") throw unexpected(column, value);
  return value;
}

export function readNumber(row: SqlRow, column: string): number {
  const value = row[column];
  if (typeof value !== "number") throw unexpected(column, value);
  return value;
}

export function readNumberOrNull(row: SqlRow, column: string): number | null {
  const value = row[column];
  if (value !== null && typeof value !== "number") throw unexpected(column, value);
  return value;
}

/** The same for a row that comes as its values. */
export function textAt(row: SqlTuple, at: number): string {
  const value = row[at];
  if (typeof value !== "string") throw unexpected(at, value);
  return value;
}

export function textOrNullAt(row: SqlTuple, at: number): string | null {
  const value = row[at];
  if (value !== null && typeof value !== "string") throw unexpected(at, value);
  return value;
}

export function numberAt(row: SqlTuple, at: number): number {
  const value = row[at];
  if (typeof value !== "number") throw unexpected(at, value);
  return value;
}

export function numberOrNullAt(row: SqlTuple, at: number): number | null {
  const value = row[at];
  if (value !== null && typeof value !== "number") throw unexpected(at, value);
  return value;
}

function unexpected(column: string | number, value: unknown): Error {
  return new Error(`internal error: column ${column} has a ${value === null ? "null" : typeof value}`);
}
