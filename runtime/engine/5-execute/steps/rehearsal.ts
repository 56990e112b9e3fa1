import { isDeepStrictEqual } from "node:util";
import type { SqlParameter, UserTransaction } from "../../../store/user-transaction.js";
import type { Rehearsal } from "../../../transport/step-op.js";

/** One call of `tx`, with what came of it. */
interface Statement {
  readonly method: keyof UserTransaction;
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  readonly outcome: StatementOutcome;
}
type StatementOutcome = { readonly value: unknown } | { readonly message: string };

export interface RecordedRehearsal extends Rehearsal {
  readonly statements: readonly Statement[];
}

/** Passes everything on to `tx`, and notes it. */
export function recordStatements(tx: UserTransaction): { tx: UserTransaction; statements: Statement[] } {
  const statements: Statement[] = [];
  const record = <T>(method: keyof UserTransaction, sql: string, parameters: SqlParameter[], call: () => T): T => {
    // The callback may change what it has passed, and what it got.
    const copies = parameters.map((each) => (each instanceof Uint8Array ? each.slice() : each));
    let value: T;
    try {
      value = call();
    } catch (error) {
      statements.push({ method, sql, parameters: copies, outcome: { message: String(error) } });
      throw error;
    }
    statements.push({ method, sql, parameters: copies, outcome: { value: structuredClone(value) } });
    return value;
  };
  const recording: UserTransaction = {
    run: (sql, ...parameters) => record("run", sql, parameters, () => tx.run(sql, ...parameters)),
    get: <Row>(sql: string, ...parameters: SqlParameter[]) =>
      record("get", sql, parameters, () => tx.get<Row>(sql, ...parameters)),
    all: <Row>(sql: string, ...parameters: SqlParameter[]) =>
      record("all", sql, parameters, () => tx.all<Row>(sql, ...parameters)),
  };
  return { tx: recording, statements };
}

/** The database answers the statements of a rehearsal otherwise by now. */
export class AnswersChanged extends Error {}

/** Executes what the rehearsal has executed. @throws AnswersChanged */
export function repeatStatements(tx: UserTransaction, { statements }: RecordedRehearsal): void {
  for (const { method, sql, parameters, outcome } of statements) {
    let again: StatementOutcome;
    try {
      again = { value: structuredClone(tx[method](sql, ...parameters)) };
    } catch (error) {
      again = { message: String(error) };
    }
    if (!isDeepStrictEqual(again, outcome)) throw new AnswersChanged();
  }
}
