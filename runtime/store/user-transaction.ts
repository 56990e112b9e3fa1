/** What the callback of `step.transaction` gets, and how its mistakes are told. */

/** What SQL takes. `true` and `false` are 1 and 0. */
export type SqlParameter = string | number | bigint | boolean | null | Uint8Array;

/**
 * Reads and writes the user's own tables in the transaction that also journals the step. Each call executes one statement;
 * `?` in it stands for the next parameter. Synchronous: the embedded store commits for all runs together.
 *
 * @throws TransactionError `protected-table`, `refused-statement`, `invalid-parameter`, `transaction-closed`; what the database says
 */
export interface UserTransaction {
  /** Gives the number of changed rows. */
  run(sql: string, ...parameters: SqlParameter[]): { readonly changes: number };
  /** The first row. */
  get<Row = Record<string, unknown>>(sql: string, ...parameters: SqlParameter[]): Row | undefined;
  all<Row = Record<string, unknown>>(sql: string, ...parameters: SqlParameter[]): Row[];
}

/** Stable code → what to do. */
const transactionHelp = {
  "protected-table":
    "give your table, or column, another name; pass a text that only looks like one as a parameter (`?`)",
  "refused-statement":
    "one SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER or DROP a call; the step begins and ends the transaction itself",
  "invalid-parameter": "pass text, numbers, bigint, booleans, null or bytes",
  "transaction-closed": "use `tx` only inside the callback, and make the callback synchronous",
} as const satisfies Record<string, string>;

export type TransactionErrorCode = keyof typeof transactionHelp;

/** The callback of `step.transaction` asked for what it may not do. Trying again would not help, which the name says. */
export class TransactionError extends Error {
  override readonly name = "NonRetriableError";
  readonly help: string;

  constructor(
    readonly code: TransactionErrorCode,
    detail: string,
  ) {
    super(`${detail} (${code}; ${transactionHelp[code]})`);
    this.help = transactionHelp[code];
  }
}
