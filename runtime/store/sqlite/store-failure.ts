import { StoreError, type StoreErrorCode } from "../store.js";
import { SqliteError } from "./driver.js";

const help: Readonly<Record<StoreErrorCode, string>> = {
  "store-in-use": "stop the other process, or give this one a database of its own with `--db`",
  "store-full": "free space on the disk, or move the database to a larger one; nothing that was acknowledged is lost",
  "store-read-only": "make the file and its folder writable for this user: SQLite keeps files beside the database",
  "store-corrupt": "restore the file from a backup, or move it away to begin with a new one",
  "store-newer": "use the version of stepwright that wrote it, or a later one",
  "store-unavailable": "check that the path is right, and that its folder exists and may be read",
  "store-io": "check the disk; start again when it works, what was acknowledged is in the file",
};

/** Tells an error of SQLite in the store's words; other errors are bugs and pass unchanged. */
export function toStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof SqliteError)) return error;
  const [code, what] = classify(error.code);
  return storeFailure(code, `${what}: ${path} (${error.code}: ${error.message})`, error);
}

export function storeFailure(code: StoreErrorCode, message: string, cause?: unknown): StoreError {
  return new StoreError(code, message, help[code], { cause });
}

/** After these nobody knows what is on the disk: an fsync that failed may have thrown the pages away. */
export function isFatal(error: unknown): boolean {
  if (!(error instanceof SqliteError)) return false;
  const primary = /^SQLITE_(CORRUPT|NOTADB|IOERR_(FSYNC|DIR_FSYNC|CORRUPTFS|DATA|SHORT_READ|READ))/;
  return primary.test(error.code);
}

function classify(code: string): [StoreErrorCode, string] {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return ["store-in-use", "another process has the database open"];
  if (/^SQLITE_FULL/.test(code)) return ["store-full", "the disk is full"];
  // A file that was opened read-only cannot be locked for writing: EBADF, which SQLite calls an I/O error.
  if (/^SQLITE_(READONLY|IOERR_LOCK)/.test(code)) return ["store-read-only", "the database cannot be written"];
  if (/^SQLITE_(CORRUPT|IOERR_CORRUPTFS)/.test(code)) return ["store-corrupt", "the database is damaged"];
  if (/^SQLITE_NOTADB/.test(code)) return ["store-corrupt", "the file is not a database"];
  if (/^SQLITE_(CANTOPEN|PERM|AUTH)/.test(code)) return ["store-unavailable", "the database cannot be opened"];
  return ["store-io", "the database cannot be read or written"];
}
