import type { Engine } from "../engine/engine.js";

/** What routes work with. */
export interface ServerContext {
  readonly engine: Engine;
  /** @throws RequestError */
  readonly checkEventKey: (key: string) => void;
  /** Aborted when the server begins to close: who waits for a result is answered then. */
  readonly closing: AbortSignal;
}
