/** The server refuses a request: answered with `status` and, in the body, a stable code and what to do. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly help: string,
  ) {
    super(message);
  }
}
