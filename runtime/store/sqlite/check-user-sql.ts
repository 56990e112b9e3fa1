import { TransactionError } from "../user-transaction.js";
import type { Migration } from "./migrate.js";

/** Names that later versions of the engine may take. */
const reservedPrefix = "stepwright_";

/** What a statement of the user may begin with. */
const allowed = new Set([
  "select",
  "insert",
  "update",
  "delete",
  "replace",
  "with",
  "values",
  "create",
  "alter",
  "drop",
]);

/** Blanks and comments, texts, quoted names, words, numbers, parameters, and everything else one by one. */
const tokens =
  /\s+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d[\w.]*|[:@$?]\w*|./gs;

/** The tables and indexes that the engine has made. */
export function listEngineNames(migrations: readonly Migration[]): ReadonlySet<string> {
  const names = migrations.flatMap(({ sql }) =>
    [...sql.matchAll(/^\s*CREATE\s+(?:UNIQUE\s+)?(?:TABLE|INDEX)\s+(\w+)/gim)].map((match) => match[1] ?? ""),
  );
  return new Set(names.map((name) => name.toLowerCase()));
}

/** Statements that define instead of writing rows: bindings do not agree on how many rows those have changed. */
export type Definition = "create" | "alter" | "drop";

/**
 * Keeps user code away from the engine's tables and from the transaction around it. By the words of the statement, not by SQLite's
 * authorizer, which not every binding has: to touch a table, SQL must name it, in a view or trigger as well.
 *
 * @returns what it defines by, null for statements that read or write rows
 * @throws TransactionError `protected-table`, `refused-statement`
 */
export function checkUserSql(sql: string, engineNames: ReadonlySet<string>): Definition | null {
  let first = "";
  let second = "";
  let third = "";
  let ended = false;
  let last = "";
  for (const [token] of sql.matchAll(tokens)) {
    if (/^(?:\s|--|\/\*)/.test(token)) continue;
    const isTrigger = first === "create" && (second === "trigger" || third === "trigger");
    if (ended && !isTrigger) refuse(sql, "there is more than one statement");
    if (token === ";") {
      ended = true;
      continue;
    }
    const word = nameOf(token);
    last = token.toLowerCase();
    if (first === "") {
      first = last;
      if (!allowed.has(first)) refuse(sql, `\`${token}\` is not allowed here`);
    } else if (second === "") second = last;
    else if (third === "") third = last;
    // RAISE(ROLLBACK, …), INSERT OR ROLLBACK and ON CONFLICT ROLLBACK would take back what others have written.
    if (last === "rollback") refuse(sql, "`ROLLBACK` would end the transaction of others");
    if (word !== null && (engineNames.has(word) || word.startsWith(reservedPrefix))) {
      throw new TransactionError("protected-table", `\`${word}\` is a name of the engine's: \`${shorten(sql)}\``);
    }
  }
  if (first === "") refuse(sql, "there is no statement");
  // What follows the END of a trigger would be dropped by one of the bindings.
  if (first === "create" && (second === "trigger" || third === "trigger") && last !== "end") {
    refuse(sql, "a trigger ends with `END`");
  }
  return first === "create" || first === "alter" || first === "drop" ? first : null;
}

/** A name as SQLite compares it. Also of a text: where only a name can stand, SQLite takes one for a name. */
function nameOf(token: string): string | null {
  const quote = token[0] ?? "";
  if (quote === "[") return token.slice(1, -1).toLowerCase();
  if (quote === "'" || quote === '"' || quote === "`") {
    return token
      .slice(1, -1)
      .replaceAll(quote + quote, quote)
      .toLowerCase();
  }
  return /^[A-Za-z_\u0080-\uffff]/.test(token) ? token.toLowerCase() : null;
}

function refuse(sql: string, detail: string): never {
  throw new TransactionError("refused-statement", `${detail}: \`${shorten(sql)}\``);
}

function shorten(sql: string): string {
  const text = sql.replace(/\s+/g, " ").trim();
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
