/** The transport did not try: the application cannot be called now. No attempt is counted, at the run or at a step. */
export class PostponedError extends Error {
  override readonly name = "PostponedError";

  constructor(
    message: string,
    /** When to try, in ms since 1970. */
    readonly until: number,
  ) {
    super(message);
  }
}
