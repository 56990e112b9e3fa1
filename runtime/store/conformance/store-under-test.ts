import type { Store } from "../store.js";

/** One place where a store is kept. */
export interface StoreUnderTest {
  /** The store, open. */
  readonly store: Store;
  /** Closes it and opens the same place again, as after a restart. */
  reopen(): Promise<void>;
  /** Closes it and removes the place. */
  remove(): Promise<void>;
}
