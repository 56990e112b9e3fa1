/** What SQLite takes and gives here. Integers are below 2^53. */
export type SqlValue = string | number | null;
/** What a user's statement takes besides. */
export type UserValue = SqlValue | bigint | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** The part of a synchronous SQLite binding that the store uses; both bindings have it. */
export interface Statement {
  /** Returns the number of changed rows. */
  run(values: readonly UserValue[]): number;
  get(values: readonly UserValue[]): SqlRow | undefined;
  all(values: readonly UserValue[]): SqlRow[];
}

/** A query whose rows come as their values, in the order of the columns: with 19 columns in half of the time. */
export interface TupleQuery {
  get(values: readonly SqlValue[]): SqlTuple | undefined;
  all(values: readonly SqlValue[]): SqlTuple[];
}

export type SqlTuple = readonly (SqlValue | undefined)[];

export interface Database {
  readonly driver: DriverName;
  exec(sql: string): void;
  prepare(sql: string): Statement;
  /** Each column needs a name of its own. */
  prepareTuples(sql: string): TupleQuery;
  close(): void;
}

export type DriverName = "node:sqlite" | "better-sqlite3";

/**
 * An error of SQLite, told alike for both bindings. `code` is the name of the extended result code, such as
 * `SQLITE_IOERR_WRITE`.
 */
export class SqliteError extends Error {
  override readonly name = "SqliteError";
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Opens the file with the binding of the running Node where it has one (22.13 and later), else with better-sqlite3. */
export async function openDatabase(path: string, driver?: DriverName): Promise<Database> {
  const chosen = driver ?? ((await hasNodeSqlite()) ? "node:sqlite" : "better-sqlite3");
  if (chosen === "node:sqlite") return (await import("./node-sqlite-driver.js")).openNodeSqlite(path);
  return (await import("./better-sqlite-driver.js")).openBetterSqlite(path);
}

/** False where Node does not have it, or only behind a flag. */
export async function hasNodeSqlite(): Promise<boolean> {
  try {
    await import("node:sqlite");
    return true;
  } catch {
    return false;
  }
}
