import type { Line, LineSpec } from "../../flow/flow-records.js";
import type { Database, SqlRow, Statement } from "../driver.js";
import type { Names } from "../names.js";
import { readNumber, readText } from "../read-column.js";

interface Known {
  line: Line;
  readonly key: string;
  /** The row has another number of runs, or is not there. */
  isDirty: boolean;
  isStored: boolean;
}

/** More than a commit touches; a line of a run that ends is mostly one that was made a moment before. */
const cacheLimit = 20_000;

/** Lines by number and by what they say. Written back before the commit: most change several times in one. W7 asks for it. */
export class LineRows {
  readonly #byNumber = new Map<number, Known>();
  readonly #byKey = new Map<string, Known>();
  readonly #dirty = new Set<Known>();
  readonly #selectNumber: Statement;
  readonly #selectSpec: Statement;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #delete: Statement;
  #next: number;

  constructor(
    database: Database,
    readonly names: Names,
  ) {
    this.#selectNumber = database.prepare("SELECT n, function, spec, runs FROM flow_lines WHERE n = ?");
    this.#selectSpec = database.prepare(
      "SELECT n, function, spec, runs FROM flow_lines WHERE function = ? AND spec = ?",
    );
    this.#insert = database.prepare("INSERT INTO flow_lines (n, function, spec, runs) VALUES (?, ?, ?, ?)");
    this.#update = database.prepare("UPDATE flow_lines SET runs = ? WHERE n = ?");
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
    const key = keyOf(functionId, spec);
    const known = this.#byKey.get(key);
    if (known) return known.line;
    const text = JSON.stringify(spec);
    const row = this.#selectSpec.get([this.names.intern(functionId), text]);
    if (row) return this.#load(row).line;
    const made: Known = { line: { n: this.#next++, functionId, spec, runs: 0 }, key, isDirty: true, isStored: false };
    this.#remember(made);
    this.#dirty.add(made);
    return made.line;
  }

  add(n: number, runs: 1 | -1): void {
    const line = this.get(n);
    const known = this.#byNumber.get(n);
    if (!known) return;
    known.line = { ...line, runs: line.runs + runs };
    if (known.isDirty) return;
    known.isDirty = true;
    this.#dirty.add(known);
  }

  flush(): void {
    if (this.#dirty.size === 0) return;
    for (const known of this.#dirty) {
      known.isDirty = false;
      this.#write(known);
    }
    this.#dirty.clear();
  }

  settle(): void {
    if (this.#byNumber.size > cacheLimit) this.forget();
  }

  forget(): void {
    this.#byNumber.clear();
    this.#byKey.clear();
    this.#dirty.clear();
  }

  #write(known: Known): void {
    const { n, functionId, spec, runs } = known.line;
    if (runs > 0 && known.isStored) this.#update.run([runs, n]);
    else if (runs > 0) this.#insert.run([n, this.names.intern(functionId), JSON.stringify(spec), runs]);
    else {
      if (known.isStored) this.#delete.run([n]);
      this.#byNumber.delete(n);
      this.#byKey.delete(known.key);
    }
    known.isStored = true;
  }

  #load(row: SqlRow): Known {
    const functionId = this.names.textOf(readNumber(row, "function"));
    // Written by #write.
    const spec = JSON.parse(readText(row, "spec")) as LineSpec;
    const line: Line = { n: readNumber(row, "n"), functionId, spec, runs: readNumber(row, "runs") };
    const known: Known = { line, key: keyOf(functionId, spec), isDirty: false, isStored: true };
    this.#remember(known);
    return known;
  }

  #remember(known: Known): void {
    this.#byNumber.set(known.line.n, known);
    this.#byKey.set(known.key, known);
  }
}

/** What tells two lines apart; the rest of a specification follows from the configuration that it has the hash of. */
function keyOf(functionId: string, { hash, slots, throttle, singleton, gathers, ordered }: LineSpec): string {
  let key = `${functionId}\n${hash} ${gathers} ${ordered}`;
  for (const { bucket, limit, unit } of slots) key += `\n${limit} ${unit} ${bucket}`;
  if (throttle) key += `\nthrottle ${throttle.bucket}`;
  return singleton ? `${key}\nsingleton ${singleton.key}` : key;
}
