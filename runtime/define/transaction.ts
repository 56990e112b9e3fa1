import type { JsonResult } from "./jsonify.js";
import type { RollbackContext } from "./rollback.js";
import type { AttemptOptions, StepOptions, StepOptionsOrId } from "./step-options.js";

/** What SQL takes for a `?`. `true` and `false` are stored as 1 and 0. */
export type SqlParameter = string | number | bigint | boolean | null | Uint8Array;

/**
 * Your own tables in the runtime's database, in the transaction that also journals the step. One statement a call; `?` stands for
 * the next parameter. Make tables with `CREATE TABLE IF NOT EXISTS`, here or in a step before.
 *
 * SQL that names the engine's tables, begins or ends a transaction, or attaches files is refused with `protected-table` or
 * `refused-statement`; an error of the database (`code: "SQLITE_…"`) can be caught, else the attempt fails.
 */
export interface Transaction {
  run(sql: string, ...parameters: SqlParameter[]): { readonly changes: number };
  /** The first row; undefined when there is none. `Row` is what the statement selects: nobody checks it. */
  get<Row = Record<string, unknown>>(sql: string, ...parameters: SqlParameter[]): Row | undefined;
  all<Row = Record<string, unknown>>(sql: string, ...parameters: SqlParameter[]): Row[];
}

/** A callback that returns a promise does not type-check: the embedded store commits while nothing else runs. */
export type Synchronous<T> =
  T extends PromiseLike<unknown> ? "the callback of step.transaction is synchronous" : unknown;

/**
 * Runs `fn` and commits what it writes through `tx` together with the step's result, in one transaction: exactly once, whenever
 * the process is killed. What `fn` throws takes its own writes back and makes another attempt. Besides `tx` it must do nothing that
 * lasts: it may be called more than once before it counts. It is synchronous and quick, since other runs' commits wait for it: slow
 * ones are reported, and beyond 1 s an attempt is taken back.
 *
 * Nothing can be awaited while the transaction is open. Middleware that wraps the code of steps therefore sees a rehearsal, which
 * is taken back; then the same statements are committed with what it made of the result, where the database gives the same
 * answers. Where it does not, there is another rehearsal, ten at most an attempt (`transaction-changes`).
 *
 * @example
 * const balance = await step.transaction("credit", (tx) => {
 *   tx.run("UPDATE accounts SET balance = balance + ? WHERE id = ?", amount, account);
 *   return tx.get<{ balance: number }>("SELECT balance FROM accounts WHERE id = ?", account)?.balance;
 * });
 */
export interface StepTransaction {
  <T>(
    id: string | (StepOptions & TransactionOptions & Partial<TransactionRollback<T>>),
    fn: (tx: Transaction) => T & Synchronous<T>,
  ): Promise<JsonResult<T>>;
  <T>(
    id: StepOptionsOrId,
    options: TransactionOptions & Partial<TransactionRollback<T>>,
    fn: (tx: Transaction) => T & Synchronous<T>,
  ): Promise<JsonResult<T>>;
}

/** As of other steps; its time is limited for all by `transactionMs`. */
export interface TransactionOptions extends Omit<AttemptOptions, "timeout"> {}

/**
 * Takes back what the transaction did, in a transaction of its own, with the rules of `RunRollback`. Synchronous, too. TypeScript does
 * not infer the type of `result` here: annotate it.
 */
export interface TransactionRollback<T> {
  rollback(tx: Transaction, result: JsonResult<T>, context: RollbackContext): void;
}
