import { close, fdatasync, fdatasyncSync, openSync } from "node:fs";
import { SqliteError } from "./driver.js";

/** After that nobody waits for libuv's threads any longer: code of the application may keep them all busy, as `crypto.scrypt` does. */
const patienceMs = 2;

/**
 * Makes commits durable in the place of SQLite, which runs with `synchronous = NORMAL` then: it writes a commit to the log, and syncs
 * the log itself only before a checkpoint (https://www.sqlite.org/pragma.html#pragma_synchronous). An fdatasync of the log
 * after each commit is what `FULL` adds; done here, the process can use the time. Commits that are not synced yet may be lost with
 * the power, the last first, and nothing else: each frame of the log has the checksum of all before it.
 */
export class WalSync {
  #pending: Promise<void> | null = null;

  private constructor(readonly file: number) {}

  /** Null where there is no log that could be written: then SQLite has to see to it. */
  static open(database: string): WalSync | null {
    try {
      return new WalSync(openSync(`${database}-wal`, "r+"));
    } catch {
      return null;
    }
  }

  /** What has been written is durable when it returns. @throws SqliteError `SQLITE_IOERR_FSYNC` */
  now(): void {
    try {
      fdatasyncSync(this.file);
    } catch (error) {
      throw syncFailure(error);
    }
  }

  /** The same beside other work. Rejects with SqliteError `SQLITE_IOERR_FSYNC`. */
  begin(): Promise<void> {
    const synced = new Promise<void>((resolve, reject) => {
      let settled = false;
      const settle = (error?: unknown): void => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        if (this.#pending === synced) this.#pending = null;
        if (error) reject(error instanceof SqliteError ? error : syncFailure(error));
        else resolve();
      };
      const insist = (): void => {
        if (settled) return;
        try {
          this.now();
          settle();
        } catch (error) {
          settle(error);
        }
      };
      // The process itself may have been busy for so long: what has come meanwhile is looked at first.
      const timer = setTimeout(() => void setImmediate(insist), patienceMs);
      fdatasync(this.file, settle);
    });
    this.#pending = synced;
    return synced;
  }

  /** Null when all that has been committed is durable. */
  get pending(): Promise<void> | null {
    return this.#pending;
  }

  async close(): Promise<void> {
    await this.#pending?.catch(() => {});
    await new Promise<void>((resolve) => close(this.file, () => resolve()));
  }
}

function syncFailure(error: unknown): SqliteError {
  const message = error instanceof Error ? error.message : String(error);
  return new SqliteError("SQLITE_IOERR_FSYNC", message, { cause: error });
}
