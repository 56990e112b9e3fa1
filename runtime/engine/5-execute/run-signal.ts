import { type CancelReason, describeReason } from "../6-settle/cancel-reason.js";

/** What the signal's reason is where the run is cancelled. */
class CancelledError extends Error {
  override readonly name = "CancelledError";
}

/** The `signal` of a run's handler and steps. It is made when somebody asks: most never do, and one costs more than a step. */
export class RunSignal {
  #controller: AbortController | null = null;
  #cancelled: CancelReason | null = null;

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cancelled) this.#controller.abort(new CancelledError(describeReason(this.#cancelled)));
    return this.#controller.signal;
  }

  /** Null while the run is not to be cancelled. */
  get cancelled(): CancelReason | null {
    return this.#cancelled;
  }

  cancel(reason: CancelReason): void {
    this.#cancelled = reason;
    if (this.#controller) void this.signal;
  }

  /** For steps that still execute, whatever the reason. */
  abort(reason: Error): void {
    this.#controller?.abort(reason);
  }
}
