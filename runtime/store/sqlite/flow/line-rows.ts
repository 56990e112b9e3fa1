import type { Line, LineSpec } from "../../flow/flow-records.js";
import { Table, type UndoLog } from "../../undo-log.js";
import type { Database, SqlRow, Statement } from "../driver.js";
import type { Names } from "../names.js";
import { readNumber, readText } from "../read-column.js";

interface Known {
  readonly line: Line;
  readonly key: string;
}

/** More than a commit touches; a line of a run that ends is mostly one that was made a moment before. */
const cacheLimit = 20_000;
/** So many rows of lines without runs stay until the next sweep: the key mostly comes again. */
const mostUnused = 20_000;

/** Lines by number and by what they say. How many runs they have is counted in memory, since the runs tell it. W7 asks for it. */
export class LineRows {
  readonly #byNumber = new Map<number, Known>();
  readonly #byKey = new Map<string, Known>();
  /** One that is not in `byNumber` any more counts for nothing. */
  readonly #bySpec = new WeakMap<LineSpec, Known>();
  /** Those that have no row yet. */
  readonly #made = new Set<Known>();
  readonly #runs: Table<number, number>;
  /** Those that have a row and no runs. */
  readonly #unused: Table<number, true>;
  readonly #selectNumber: Statement;
  readonly #selectSpec: Statement;
  readonly #insert: Statement;
  readonly #delete: Statement;
  #next: number;

  constructor(
    database: Database,
    readonly names: Names,
    undo: UndoLog,
  ) {
    this.#runs = new Table(undo);
    this.#unused = new Table(undo);
    this.#selectNumber = database.prepare("SELECT n, function, spec FROM flow_lines WHERE n = ?");
    this.#selectSpec = database.prepare("SELECT n, function, spec FROM flow_lines WHERE function = ? AND spec = ?");
    this.#insert = database.prepare("INSERT INTO flow_lines (n, function, spec) VALUES (?, ?, ?)");
    this.#delete = database.prepare("DELETE FROM flow_lines WHERE n = ?");
    const last = database.prepare("SELECT coalesce(max(n), 0) AS last FROM flow_lines").get([]);
    this.#next = (last ? readNumber(last, "last") : 0) + 1;
  }

  get(n: number): Line {
    const known = this.#byNumber.get(n);
    if (known) return known.line;
    const row = this.#selectNumber.get([n]);
    if (!row) throw new Error(`internal error: there is no line ${n}`);
    return this.#load(row).line;
  }

  find(functionId: string, spec: LineSpec): Line {
    const before = this.#bySpec.get(spec);
    if (before && this.#byNumber.get(before.line.n) === before) return before.line;
    const found = this.#findByKey(functionId, spec);
    this.#bySpec.set(spec, found);
    return found.line;
  }

  #findByKey(functionId: string, spec: LineSpec): Known {
    const key = keyOf(functionId, spec);
    const known = this.#byKey.get(key);
    if (known) return known;
    const row = this.#selectSpec.get([this.names.intern(functionId), JSON.stringify(spec)]);
    if (row) return this.#load(row);
    const made: Known = { line: { n: this.#next++, functionId, spec }, key };
    this.#remember(made);
    this.#made.add(made);
    return made;
  }

  runsOf(n: number): number {
    return this.#runs.get(n) ?? 0;
  }

  add(n: number, runs: number): void {
    const before = this.runsOf(n);
    const left = before + runs;
    if (left > 0) this.#runs.set(n, left);
    else {
      this.#runs.delete(n);
      this.#unused.set(n, true);
    }
    if (before === 0) this.#unused.delete(n);
  }

  flush(): void {
    if (this.#made.size > 0) {
      for (const known of this.#made) {
        const { n, functionId, spec } = known.line;
        // Its run has not come, or has ended already.
        if (this.runsOf(n) === 0) {
          this.#unused.delete(n);
          this.#forget(known);
        } else this.#insert.run([n, this.names.intern(functionId), JSON.stringify(spec)]);
      }
      this.#made.clear();
    }
    if (this.#unused.size > mostUnused) this.deleteUnused();
  }

  /** A row without runs that is not known to be one goes at the next sweep. */
  addUnused(n: number): void {
    if (this.runsOf(n) === 0) this.#unused.set(n, true);
  }

  deleteUnused(): void {
    for (const n of [...this.#unused.keys()]) {
      this.#unused.delete(n);
      this.#delete.run([n]);
      const known = this.#byNumber.get(n);
      if (known) this.#forget(known);
    }
  }

  settle(): void {
    if (this.#byNumber.size > cacheLimit) this.#clear();
  }

  /** After a rollback: rows that were made are gone. */
  forget(): void {
    this.#clear();
    this.#made.clear();
  }

  #clear(): void {
    this.#byNumber.clear();
    this.#byKey.clear();
  }

  #load(row: SqlRow): Known {
    const line = toLine(row, this.names);
    const known: Known = { line, key: keyOf(line.functionId, line.spec) };
    this.#remember(known);
    return known;
  }

  #remember(known: Known): void {
    this.#byNumber.set(known.line.n, known);
    this.#byKey.set(known.key, known);
  }

  #forget({ line, key }: Known): void {
    this.#byNumber.delete(line.n);
    this.#byKey.delete(key);
  }
}

export function toLine(row: SqlRow, names: Names): Line {
  return {
    n: readNumber(row, "n"),
    functionId: names.textOf(readNumber(row, "function")),
    // Written by LineRows.
    spec: JSON.parse(readText(row, "spec")) as LineSpec,
  };
}

/** What tells two lines apart; the rest of a specification follows from the configuration that it has the hash of. */
function keyOf(functionId: string, { hash, slots, throttle, singleton, gathers, ordered }: LineSpec): string {
  let key = `${functionId}\n${hash} ${gathers} ${ordered}`;
  for (const { bucket, limit, unit } of slots) key += `\n${limit} ${unit} ${bucket}`;
  if (throttle) key += `\nthrottle ${throttle.bucket}`;
  return singleton ? `${key}\nsingleton ${singleton.key}` : key;
}
