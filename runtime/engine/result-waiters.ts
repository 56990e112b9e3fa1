import type { Clock } from "./clock.js";
import type { RunResult } from "./engine.js";
import type { RunRecord } from "../store/records.js";

export interface Waiting {
  readonly promise: Promise<RunResult | null>;
  readonly settle: (result: RunResult | null) => void;
}

/** Who waits for the end of a run in this process. */
export class ResultWaiters {
  readonly #byRun = new Map<string, Set<Waiting>>();

  /** Null after `timeoutMs`. */
  wait(runId: string, timeoutMs: number, clock: Clock): Waiting {
    let settle!: Waiting["settle"];
    const promise = new Promise<RunResult | null>((resolve) => (settle = resolve));
    const cancel = clock.after(timeoutMs, () => {
      this.forget(runId, waiting);
      settle(null);
    });
    const waiting: Waiting = {
      promise,
      settle: (result) => {
        cancel();
        settle(result);
      },
    };
    const others = this.#byRun.get(runId);
    if (others) others.add(waiting);
    else this.#byRun.set(runId, new Set([waiting]));
    return waiting;
  }

  forget(runId: string, waiting: Waiting): void {
    const all = this.#byRun.get(runId);
    if (all?.delete(waiting) && all.size === 0) this.#byRun.delete(runId);
  }

  settle(result: RunResult): void {
    const all = this.#byRun.get(result.runId);
    if (!all) return;
    this.#byRun.delete(result.runId);
    for (const waiting of all) waiting.settle(result);
  }

  /** Nobody will hear of results any more. */
  close(): void {
    for (const all of this.#byRun.values()) for (const waiting of all) waiting.settle(null);
    this.#byRun.clear();
  }
}

/** Of a run that has ended. */
export function resultOf({ id, status, output }: RunRecord): RunResult {
  if (status === "queued" || status === "running" || status === "waiting")
    throw new Error("internal error: run is open");
  return { runId: id, status, output };
}
