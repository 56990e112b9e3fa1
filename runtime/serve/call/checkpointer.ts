import type { Clock } from "../../engine/clock.js";
import type { RuntimeApi } from "../runtime-api.js";
import type { Checkpointing } from "./checkpointing.js";
import type { WireOp } from "./wire-op.js";

const attempts = 5;
const baseDelayMs = 100;

/** `stale`: the runtime has given the run to another request, and nothing of this one counts any more. */
export type Posted = "posted" | "refused" | "stale";

export interface CheckpointedRun {
  readonly runId: string;
  readonly internalFnId: string;
  readonly queueItemId: string;
  /** That the runtime gave the request, to be told in each checkpoint. */
  readonly requestId: string | null;
  readonly generationId: number | null;
}

/** Posts the results of steps to the runtime while the request goes on. */
export class Checkpointer {
  readonly #startedAt: number;
  #buffer: WireOp[] = [];
  #bufferedSince = 0;

  constructor(
    readonly run: CheckpointedRun,
    readonly config: Checkpointing,
    readonly api: RuntimeApi,
    readonly clock: Clock,
    readonly random: () => number,
  ) {
    this.#startedAt = clock.now();
  }

  /** No further step is begun in this request. */
  get exhausted(): boolean {
    const { maxRuntimeMs } = this.config;
    return maxRuntimeMs > 0 && this.clock.now() - this.#startedAt >= maxRuntimeMs;
  }

  /** What has not been posted. */
  takeBuffer(): readonly WireOp[] {
    const buffer = this.#buffer;
    this.#buffer = [];
    return buffer;
  }

  /** Keeps the result, and posts all that are kept when there are enough of them or they have waited long enough. */
  async add(op: WireOp): Promise<Posted> {
    const now = this.clock.now();
    if (this.#buffer.push(op) === 1) this.#bufferedSince = now;
    const { bufferedSteps, maxIntervalMs } = this.config;
    const waited = maxIntervalMs > 0 && now - this.#bufferedSince >= maxIntervalMs;
    return this.#buffer.length >= bufferedSteps || waited ? this.flush() : "posted";
  }

  /** Posts what is kept; where the runtime does not take it, it is kept on. */
  async flush(): Promise<Posted> {
    if (this.#buffer.length === 0) return "posted";
    const { runId, internalFnId, queueItemId, requestId, generationId } = this.run;
    const body = {
      run_id: runId,
      fn_id: internalFnId,
      qi_id: queueItemId,
      ...(requestId !== null && { request_id: requestId }),
      ...(generationId !== null && { generation_id: generationId }),
      request_started_at: this.#startedAt,
      steps: this.#buffer,
      ts: this.clock.now(),
    };
    const outcome = await this.#post(`/v1/checkpoint/${encodeURIComponent(runId)}/async`, body);
    if (outcome === "posted") this.#buffer = [];
    return outcome;
  }

  async #post(path: string, body: object): Promise<Posted> {
    for (let attempt = 0; ; attempt++) {
      try {
        const { status } = await this.api.post(path, body);
        if (status >= 200 && status < 300) return "posted";
        if (status === 409) return "stale";
        // It would refuse the same again.
        if (status < 500 && status !== 408 && status !== 429) return "refused";
      } catch {
        // Not reached: worth another attempt.
      }
      if (attempt === attempts - 1) return "refused";
      const wait = baseDelayMs * 2 ** attempt + baseDelayMs * this.random();
      await new Promise<void>((resolve) => void this.clock.after(wait, resolve));
    }
  }
}
