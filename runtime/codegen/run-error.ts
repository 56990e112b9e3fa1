/** Why the emitted client has no result of a run. */
export type RunErrorCode =
  | "run-failed"
  | "run-cancelled"
  | "run-skipped"
  /** It has not ended within the time that the caller was ready to wait; it goes on. */
  | "run-pending"
  /** The runtime could not be reached, or refused the request. */
  | "request-failed";

/** `runId` is null where no run is known. A failed run's own error is the `cause`. */
export class RunError extends Error {
  override readonly name = "RunError";

  constructor(
    readonly code: RunErrorCode,
    message: string,
    readonly runId: string | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
