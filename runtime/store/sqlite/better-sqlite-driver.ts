import BetterSqlite from "better-sqlite3";
import { StoreError } from "../store.js";
import { SqliteError, type Database, type SqlRow, type SqlTuple, type Statement, type TupleQuery } from "./driver.js";

/** The binding for a Node without `node:sqlite`. */
export function openBetterSqlite(path: string): Database {
  const database = translating(() => new BetterSqlite(path, { timeout: 0 }));
  return {
    driver: "better-sqlite3",
    exec: (sql) => void translating(() => database.exec(sql)),
    prepare: (sql) => translating(() => toStatement(database.prepare(sql))),
    prepareTuples: (sql) => translating(() => toTupleQuery(database.prepare(sql).raw(true))),
    close: () => void translating(() => database.close()),
  };
}

function toStatement(statement: BetterSqlite.Statement): Statement {
  return {
    run: (values) => {
      try {
        // Spread: the binding reads the elements of an array one by one through V8's slow path.
        return statement.run(...values).changes;
      } catch (error) {
        throw translate(error);
      }
    },
    // Rows have the columns of the SQL text, which is ours.
    get: (values) => translating(() => statement.get(values) as SqlRow | undefined),
    all: (values) => translating(() => statement.all(values) as SqlRow[]),
  };
}

function toTupleQuery(statement: BetterSqlite.Statement): TupleQuery {
  return {
    get: (values) => translating(() => statement.get(...values) as SqlTuple | undefined),
    all: (values) => translating(() => statement.all(...values) as SqlTuple[]),
  };
}

function translating<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(error);
  }
}

function translate(error: unknown): unknown {
  if (error instanceof BetterSqlite.SqliteError) return new SqliteError(error.code, error.message, { cause: error });
  // Where the folder does not exist the binding throws a TypeError before SQLite is asked.
  if (error instanceof TypeError && error.message.includes("directory does not exist")) {
    return new SqliteError("SQLITE_CANTOPEN", error.message, { cause: error });
  }
  if (error instanceof Error && isMissingBinding(error)) {
    return new StoreError(
      "store-unavailable",
      "`better-sqlite3` was installed without its native part",
      "run `npm rebuild better-sqlite3`, or use Node 22.13 or later, which has SQLite built in",
      { cause: error },
    );
  }
  return error;
}

/** Installed with `--ignore-scripts`, or for another Node. */
function isMissingBinding(error: Error): boolean {
  return (
    error.message.startsWith("Could not locate the bindings file") ||
    ("code" in error && error.code === "ERR_DLOPEN_FAILED")
  );
}
