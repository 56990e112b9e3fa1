import type { Gather } from "../../flow/flow-records.js";
import type { Database, SqlRow, Statement } from "../driver.js";
import { readNumber, readText } from "../read-column.js";

/** So many event ids are in one row: a short row to write again, few rows to read. */
const chunkSize = 64;
const cacheLimit = 10_000;

interface Known {
  gather: Gather;
  isDirty: boolean;
}

interface Chunk {
  readonly run: number;
  readonly chunk: number;
  readonly ids: string[];
  isDirty: boolean;
}

/** Runs that gather events, written back before the commit: under a busy key one takes many in at a time. W8 and W9 ask for it. */
export class GatherRows {
  readonly #known = new Map<string, Known>();
  readonly #dirty = new Set<Known>();
  /** The last chunk of each run. */
  readonly #chunks = new Map<number, Chunk>();
  readonly #dirtyChunks = new Set<Chunk>();
  readonly #select: Statement;
  readonly #selectRun: Statement;
  readonly #put: Statement;
  readonly #delete: Statement;
  readonly #selectChunk: Statement;
  readonly #selectChunks: Statement;
  readonly #putChunk: Statement;
  readonly #deleteChunks: Statement;

  constructor(database: Database) {
    this.#select = database.prepare("SELECT * FROM flow_gathers WHERE key = ?");
    this.#selectRun = database.prepare("SELECT * FROM flow_gathers WHERE run = ?");
    this.#put = database.prepare(
      "INSERT OR REPLACE INTO flow_gathers (key, run, run_id, count, line, state) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#delete = database.prepare("DELETE FROM flow_gathers WHERE key = ?");
    this.#selectChunk = database.prepare("SELECT ids FROM flow_gathered WHERE run = ? AND chunk = ?");
    this.#selectChunks = database.prepare("SELECT ids FROM flow_gathered WHERE run = ? ORDER BY chunk");
    this.#putChunk = database.prepare("INSERT OR REPLACE INTO flow_gathered (run, chunk, ids) VALUES (?, ?, ?)");
    this.#deleteChunks = database.prepare("DELETE FROM flow_gathered WHERE run = ?");
  }

  get(key: string): Gather | null {
    const known = this.#known.get(key);
    if (known) return known.gather;
    const row = this.#select.get([key]);
    return row ? this.#load(row) : null;
  }

  ofRun(run: number): Gather | null {
    this.flush();
    const row = this.#selectRun.get([run]);
    return row ? this.#load(row) : null;
  }

  put(gather: Gather): void {
    const known = this.#known.get(gather.key) ?? { gather, isDirty: false };
    known.gather = gather;
    known.isDirty = true;
    this.#known.set(gather.key, known);
    this.#dirty.add(known);
  }

  add(run: number, index: number, eventId: string): void {
    const number = Math.floor(index / chunkSize);
    let chunk = this.#chunks.get(run);
    if (chunk?.chunk !== number) {
      if (chunk) this.#writeChunk(chunk);
      const row = index % chunkSize === 0 ? undefined : this.#selectChunk.get([run, number]);
      chunk = { run, chunk: number, ids: row ? readText(row, "ids").split(",") : [], isDirty: false };
      this.#chunks.set(run, chunk);
    }
    chunk.ids.push(eventId);
    chunk.isDirty = true;
    this.#dirtyChunks.add(chunk);
  }

  gathered(run: number): string[] {
    this.flush();
    return this.#selectChunks.all([run]).flatMap((row) => readText(row, "ids").split(","));
  }

  delete(key: string): void {
    const gather = this.get(key);
    if (!gather) return;
    const known = this.#known.get(key);
    if (known) this.#dirty.delete(known);
    this.#known.delete(key);
    const chunk = this.#chunks.get(gather.run);
    if (chunk) this.#dirtyChunks.delete(chunk);
    this.#chunks.delete(gather.run);
    this.#delete.run([key]);
    this.#deleteChunks.run([gather.run]);
  }

  flush(): void {
    if (this.#dirty.size > 0) {
      for (const known of this.#dirty) {
        const { key, run, runId, count, line, kind, policy, state } = known.gather;
        known.isDirty = false;
        this.#put.run([key, run, runId, count, line, JSON.stringify({ kind, policy, state })]);
      }
      this.#dirty.clear();
    }
    for (const chunk of this.#dirtyChunks) this.#writeChunk(chunk);
  }

  settle(): void {
    if (this.#known.size > cacheLimit) this.#known.clear();
    if (this.#chunks.size > cacheLimit) this.#chunks.clear();
  }

  forget(): void {
    this.#known.clear();
    this.#dirty.clear();
    this.#chunks.clear();
    this.#dirtyChunks.clear();
  }

  #writeChunk(chunk: Chunk): void {
    if (chunk.isDirty) this.#putChunk.run([chunk.run, chunk.chunk, chunk.ids.join(",")]);
    chunk.isDirty = false;
    this.#dirtyChunks.delete(chunk);
  }

  #load(row: SqlRow): Gather {
    const gather = toGather(row);
    const known = this.#known.get(gather.key);
    if (known) return known.gather;
    this.#known.set(gather.key, { gather, isDirty: false });
    return gather;
  }
}

export function toGather(row: SqlRow): Gather {
  const base = {
    key: readText(row, "key"),
    run: readNumber(row, "run"),
    runId: readText(row, "run_id"),
    count: readNumber(row, "count"),
    line: readNumber(row, "line"),
  };
  // Written by flush.
  return { ...base, ...(JSON.parse(readText(row, "state")) as Pick<Gather, "kind" | "policy" | "state">) } as Gather;
}
