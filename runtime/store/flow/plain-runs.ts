import type { DueRun, FlowRows } from "./flow-rows.js";

/** So many runs whose time has come are brought to their lines in one claim, times what it may lease. */
const mostMoved = 20;

interface Page {
  readonly runs: DueRun[];
  next: number;
  /** There may be more behind it. */
  hasMore: boolean;
}

/** The plain queues in one claim: of each function, the runs whose time has come and that nothing holds back. */
export class PlainRuns {
  readonly #pages = new Map<string, Page>();
  #mayMove: number;

  constructor(
    readonly rows: FlowRows,
    readonly now: number,
    readonly limit: number,
    /** True when the run waits in its line now, or has been skipped. */
    readonly lineUp: (run: DueRun) => boolean,
  ) {
    this.#mayMove = mostMoved * limit;
    const functions = limit > 0 ? rows.dueFunctions(now) : [];
    for (const functionId of functions) {
      const page: Page = { runs: [], next: 0, hasMore: true };
      this.#pages.set(functionId, page);
      this.#fill(functionId, page, Math.ceil(limit / functions.length));
    }
  }

  /** The functions that have one. */
  functions(): string[] {
    const found: string[] = [];
    for (const [functionId, page] of this.#pages) {
      if (this.#has(functionId, page)) found.push(functionId);
      else this.#pages.delete(functionId);
    }
    return found;
  }

  has(functionId: string): boolean {
    const page = this.#pages.get(functionId);
    return page !== undefined && this.#has(functionId, page);
  }

  /** The next one, which the caller leases. */
  take(functionId: string): DueRun | null {
    const page = this.#pages.get(functionId);
    if (!page || !this.#has(functionId, page)) return null;
    return page.runs[page.next++] ?? null;
  }

  #has(functionId: string, page: Page): boolean {
    if (page.next === page.runs.length && page.hasMore) this.#fill(functionId, page, this.limit);
    return page.next < page.runs.length;
  }

  /** All runs of the page before have left the queue by now. */
  #fill(functionId: string, page: Page, size: number): void {
    page.runs.length = page.next = 0;
    while (page.hasMore && page.runs.length === 0) {
      const due = this.rows.due(functionId, this.now, size);
      page.hasMore = due.length >= size && this.#mayMove > 0;
      for (const run of due) {
        if (run.flow === null || !this.lineUp(run)) page.runs.push(run);
        else this.#mayMove--;
      }
    }
  }
}
