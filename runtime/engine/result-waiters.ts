import type { Clock } from "./clock.js";
import { RuntimeError, type RunResult } from "./engine.js";
import type { RunRecord } from "../store/records.js";
import type { Store } from "../store/store.js";

export interface Waiting {
  readonly promise: Promise<RunResult | null>;
  readonly settle: (result: RunResult | null) => void;
}

/** Who waits for the end of a run in this process. */
export class ResultWaiters {
  readonly #byRun = new Map<string, Set<Waiting>>();

  /** The end of the run, also of one that has ended; null after `timeoutMs`. @throws RuntimeError `unknown-run` */
  async result(
    runId: string,
    timeoutMs: number,
    clock: Clock,
    store: Store,
    isLive: () => boolean,
  ): Promise<RunResult | null> {
    const waiting = this.wait(runId, timeoutMs, clock);
    const run = isLive() ? null : await store.runs.get(runId);
    if (run && run.endedAt !== null) this.settle(resultOf(run));
    else if (!run && !isLive()) {
      this.forget(runId, waiting);
      // It may have ended between the two looks.
      const again = await store.runs.get(runId);
      if (!again) throw new RuntimeError("unknown-run", `there is no run \`${runId}\``, "list the runs to find its id");
      if (again.endedAt !== null) return resultOf(again);
    }
    return waiting.promise;
  }

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
function resultOf({ id, status, output }: RunRecord): RunResult {
  if (status === "queued" || status === "running" || status === "waiting")
    throw new Error("internal error: run is open");
  return { runId: id, status, output };
}
