import type { Database, Statement } from "./driver.js";
import type { FlowRun } from "../flow/flow-rows.js";
import type { RunRecord } from "../records.js";
import type { InsertBuffer } from "./insert-buffer.js";
import { readNumber, readNumberOrNull } from "./read-column.js";

/** What guards and writes must know of a run. */
export interface RunHead {
  readonly n: number;
  epoch: number;
  leased: boolean;
  open: boolean;
  /** The line that it belongs to, if something holds its kind back. */
  line: number | null;
  /** How it stands there, where that is known: of a leased run. */
  flow: FlowRun | null;
}

/**
 * The heads of the leased runs stay in memory between commits, so that the fence of a step costs no query: nobody else can
 * have the file open. W1 asks for it.
 */
export class RunHeads {
  readonly #heads = new Map<string, RunHead>();
  /** Runs that may not stay after the commit. */
  #visitors: string[] = [];
  readonly #select: Statement;
  readonly #runs: InsertBuffer;

  constructor(database: Database, runs: InsertBuffer) {
    this.#select = database.prepare("SELECT n, epoch, owner, ended_at, line FROM runs WHERE id = ?");
    this.#runs = runs;
  }

  find(runId: string): RunHead | undefined {
    return this.#heads.get(runId) ?? this.#load(runId);
  }

  /** Null where it is not in memory, or not leased at that epoch any more. */
  leasedNumber({ id, epoch }: RunRecord): number | null {
    const head = this.#heads.get(id);
    return head?.leased && head.open && head.epoch === epoch ? head.n : null;
  }

  add(runId: string, head: RunHead): void {
    this.#heads.set(runId, head);
    if (!head.leased) this.#visitors.push(runId);
  }

  setFree(runId: string, head: RunHead): void {
    head.leased = false;
    head.flow = null;
    this.#visitors.push(runId);
  }

  setFlow(runId: string, flow: FlowRun): void {
    const head = this.#heads.get(runId);
    if (!head) return;
    head.line = flow.line;
    head.flow = head.leased ? flow : null;
  }

  /** What is known of it is no longer true. */
  drop(runId: string): void {
    this.#heads.delete(runId);
  }

  /** After the commit: only the leased ones stay. */
  settle(): void {
    if (this.#visitors.length === 0) return;
    for (const runId of this.#visitors) if (this.#heads.get(runId)?.leased === false) this.#heads.delete(runId);
    this.#visitors = [];
  }

  forget(): void {
    this.#heads.clear();
    this.#visitors = [];
  }

  #load(runId: string): RunHead | undefined {
    this.#runs.flush();
    const row = this.#select.get([runId]);
    if (!row) return undefined;
    const head: RunHead = {
      n: readNumber(row, "n"),
      epoch: readNumber(row, "epoch"),
      leased: readNumberOrNull(row, "owner") !== null,
      open: readNumberOrNull(row, "ended_at") === null,
      line: readNumberOrNull(row, "line"),
      flow: null,
    };
    this.add(runId, head);
    return head;
  }
}
