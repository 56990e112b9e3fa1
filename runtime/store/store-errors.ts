export type StoreErrorCode =
  | "store-in-use"
  | "store-full"
  | "store-read-only"
  | "store-corrupt"
  | "store-newer"
  | "store-unavailable"
  | "store-io";

/** The store could not do its work; nothing of the commit was stored. `help` says what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  constructor(
    readonly code: StoreErrorCode,
    message: string,
    readonly help: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The cursor was not made by a listing of this store. */
export class CursorError extends Error {
  override readonly name = "CursorError";
  readonly code = "invalid-cursor";
  readonly help = "use the cursor of the page before as it is, or none for the first page";
  constructor(cursor: string) {
    super(`the cursor ${JSON.stringify(cursor)} is not one of this listing`);
  }
}
