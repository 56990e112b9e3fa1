import type { Database, Statement } from "./driver.js";
import { readNumber, readText } from "./read-column.js";

/** More than any application has; a sender that makes up event names must not fill the memory. */
const cacheLimit = 10_000;

/** The texts that are kept once. */
export class Names {
  readonly #insert: Statement;
  readonly #byText: Statement;
  readonly #byNumber: Statement;
  readonly #numbers = new Map<string, number>();
  readonly #texts = new Map<number, string>();

  constructor(database: Database) {
    this.#insert = database.prepare("INSERT INTO names (text) VALUES (?)");
    this.#byText = database.prepare("SELECT n FROM names WHERE text = ?");
    this.#byNumber = database.prepare("SELECT text FROM names WHERE n = ?");
  }

  /** The number of a text, null when it has none. */
  find(text: string): number | null {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const row = this.#byText.get([text]);
    if (!row) return null;
    return this.#remember(text, readNumber(row, "n"));
  }

  /** The number of a text, which gets one when it has none. Only inside a transaction. */
  intern(text: string): number {
    const known = this.#numbers.get(text) ?? this.find(text);
    if (known !== null) return known;
    this.#insert.run([text]);
    const row = this.#byText.get([text]);
    if (!row) throw new Error("internal error: a name is not there that was just inserted");
    return this.#remember(text, readNumber(row, "n"));
  }

  textOf(n: number): string {
    const known = this.#texts.get(n);
    if (known !== undefined) return known;
    const row = this.#byNumber.get([n]);
    if (!row) throw new Error(`internal error: the database has no name ${n}`);
    const text = readText(row, "text");
    this.#remember(text, n);
    return text;
  }

  /** After a rollback: what was interned may be gone. */
  forget(): void {
    this.#numbers.clear();
    this.#texts.clear();
  }

  #remember(text: string, n: number): number {
    if (this.#numbers.size >= cacheLimit) this.forget();
    this.#numbers.set(text, n);
    this.#texts.set(n, text);
    return n;
  }
}
