import { DatabaseSync, type StatementSync } from "node:sqlite";
import { SqliteError, type Database, type SqlRow, type SqlTuple, type Statement, type TupleQuery } from "./driver.js";

/** The extended result codes of https://www.sqlite.org/rescode.html that the store tells apart, and those that users' code may. */
const codeNames: Readonly<Record<number, string>> = {
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  19: "SQLITE_CONSTRAINT",
  23: "SQLITE_AUTH",
  26: "SQLITE_NOTADB",
  266: "SQLITE_IOERR_READ",
  275: "SQLITE_CONSTRAINT_CHECK",
  522: "SQLITE_IOERR_SHORT_READ",
  778: "SQLITE_IOERR_WRITE",
  787: "SQLITE_CONSTRAINT_FOREIGNKEY",
  1034: "SQLITE_IOERR_FSYNC",
  1290: "SQLITE_IOERR_DIR_FSYNC",
  1299: "SQLITE_CONSTRAINT_NOTNULL",
  1555: "SQLITE_CONSTRAINT_PRIMARYKEY",
  1811: "SQLITE_CONSTRAINT_TRIGGER",
  2067: "SQLITE_CONSTRAINT_UNIQUE",
  2579: "SQLITE_CONSTRAINT_ROWID",
  3091: "SQLITE_CONSTRAINT_DATATYPE",
  3850: "SQLITE_IOERR_LOCK",
  8202: "SQLITE_IOERR_DATA",
  8458: "SQLITE_IOERR_CORRUPTFS",
};

/** The binding that Node brings along, 22.13 and later. */
export function openNodeSqlite(path: string): Database {
  const database = translating(() => new DatabaseSync(path));
  return {
    driver: "node:sqlite",
    exec: (sql) => translating(() => database.exec(sql)),
    prepare: (sql) => translating(() => toStatement(database.prepare(sql))),
    prepareTuples: (sql) => translating(() => toTupleQuery(database.prepare(sql))),
    close: () => translating(() => database.close()),
  };
}

function toStatement(statement: StatementSync): Statement {
  return {
    run: (values) => {
      try {
        return Number(statement.run(...values).changes);
      } catch (error) {
        throw translate(error);
      }
    },
    // Rows have the columns of the SQL text, which is ours.
    get: (values) => translating(() => statement.get(...values) as SqlRow | undefined),
    all: (values) => translating(() => statement.all(...values) as SqlRow[]),
  };
}

/** The binding gives rows as arrays from Node 22.16 and 24 on. */
function toTupleQuery(statement: StatementSync): TupleQuery {
  const { setReturnArrays } = statement as { setReturnArrays?: (enabled: boolean) => void };
  setReturnArrays?.call(statement, true);
  const toTuple = setReturnArrays
    ? (row: unknown) => row as SqlTuple
    : (row: unknown) => Object.values(row as SqlRow) satisfies SqlTuple;
  return {
    get: (values) =>
      translating(() => {
        const row = statement.get(...values);
        return row === undefined ? undefined : toTuple(row);
      }),
    all: (values) => translating(() => statement.all(...values).map(toTuple)),
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
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return error;
  const code = codeNames[error.errcode] ?? codeNames[error.errcode & 0xff] ?? `SQLITE_${error.errcode}`;
  return new SqliteError(code, error.message, { cause: error });
}
