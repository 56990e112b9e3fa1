import type { StepHost } from "./step-op.js";

/** One execution of a handler, from its start or from its journal. */
export interface HandlerCall {
  readonly handler: (context: never) => unknown;
  readonly host: StepHost;
  readonly runId: string;
  readonly functionId: string;
  /** Parsed, as the handler sees them; the first is `event`. */
  readonly events: readonly unknown[];
  /** Zero-based. */
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly signal: AbortSignal;
  /** Calls back once, when the handler goes beyond what its journal knows. */
  readonly whenLive: (callback: () => void) => void;
  /** Only for `onFailure` handlers. */
  readonly error: Error | null;
}

/** How a handler is reached. The result is what the handler returns; it rejects with what the handler throws. */
export interface Transport {
  execute(call: HandlerCall): Promise<unknown>;
}
