import { TransactionError, type SqlParameter, type UserTransaction } from "../user-transaction.js";
import { checkUserSql } from "./check-user-sql.js";
import { SqliteError, type Database, type Statement, type UserValue } from "./driver.js";

/** More than a reasonable application has; SQL with values written into it must not fill the memory. */
const mostStatements = 500;

/** Thrown in place of what user code threw, once its writes are taken back. */
export class UserCodeThrew extends Error {
  constructor(readonly thrown: unknown) {
    super("user code threw");
  }
}

/** The user's tables beside the engine's, in one database. */
export class UserTables {
  /** Checked and prepared. */
  readonly #statements = new Map<string, Statement>();

  constructor(
    readonly database: Database,
    readonly engineNames: ReadonlySet<string>,
  ) {}

  /**
   * Gives what `work` returns. Where it throws, only its own writes are taken back, and it is a UserCodeThrew; an error after which
   * SQLite has ended the transaction passes as it is.
   */
  transact<T>(work: (tx: UserTransaction) => T): T {
    this.database.exec("SAVEPOINT user_code");
    const tx = new OpenTransaction((sql) => this.#prepare(sql));
    let result: T;
    try {
      result = work(tx);
    } catch (error) {
      if (tx.fatal) throw tx.fatal;
      this.database.exec("ROLLBACK TO user_code");
      this.database.exec("RELEASE user_code");
      throw new UserCodeThrew(error);
    } finally {
      tx.close();
    }
    // It may have been caught by the user's code, which knows nothing of the others in the transaction.
    if (tx.fatal) throw tx.fatal;
    this.database.exec("RELEASE user_code");
    return result;
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    if (typeof sql !== "string") throw new TransactionError("refused-statement", "the statement is not a text");
    const definition = checkUserSql(sql, this.engineNames);
    const prepared = this.database.prepare(sql);
    const statement = definition === null ? prepared : { ...prepared, run: runDefinition(prepared) };
    if (this.#statements.size >= mostStatements) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** After these SQLite has taken back the whole transaction, or nobody knows what it has. */
const fatalCodes = /^SQLITE_(?:FULL|IOERR|NOMEM|CORRUPT|NOTADB|BUSY|LOCKED|READONLY|INTERRUPT|CANTOPEN)/;

class OpenTransaction implements UserTransaction {
  fatal: SqliteError | null = null;
  #prepare: ((sql: string) => Statement) | null;

  constructor(prepare: (sql: string) => Statement) {
    this.#prepare = prepare;
  }

  close(): void {
    this.#prepare = null;
  }

  run(sql: string, ...parameters: SqlParameter[]): { readonly changes: number } {
    return { changes: this.#with(sql, parameters, (statement, values) => statement.run(values)) };
  }

  get<Row>(sql: string, ...parameters: SqlParameter[]): Row | undefined {
    // What a row is, only who wrote the statement knows.
    return this.#with(sql, parameters, (statement, values) => statement.get(values)) as Row | undefined;
  }

  all<Row>(sql: string, ...parameters: SqlParameter[]): Row[] {
    return this.#with(sql, parameters, (statement, values) => statement.all(values)) as Row[];
  }

  #with<T>(
    sql: string,
    parameters: readonly SqlParameter[],
    work: (statement: Statement, values: readonly UserValue[]) => T,
  ): T {
    if (!this.#prepare) throw new TransactionError("transaction-closed", "`tx` is used after its callback returned");
    try {
      return work(this.#prepare(sql), parameters.map(toValue));
    } catch (error) {
      if (error instanceof SqliteError && fatalCodes.test(error.code)) this.fatal = error;
      throw error;
    }
  }
}

function toValue(parameter: SqlParameter, index: number): UserValue {
  switch (typeof parameter) {
    case "string":
    case "number":
    case "bigint":
      return parameter;
    case "boolean":
      return parameter ? 1 : 0;
    default:
      if (parameter === null || parameter instanceof Uint8Array) return parameter;
      throw new TransactionError("invalid-parameter", `parameter ${index + 1} is of type \`${typeof parameter}\``);
  }
}

/** It changes no rows; one of the bindings tells how many the statement before has changed. */
function runDefinition(statement: Statement): Statement["run"] {
  return (values) => {
    statement.run(values);
    return 0;
  };
}
