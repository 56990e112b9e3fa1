import type { Engine } from "../engine/engine.js";
import type { RemoteApps } from "./remote-apps.js";

/** What routes work with. */
export interface ServerContext {
  readonly engine: Engine;
  readonly remotes: RemoteApps;
  /** @throws RequestError */
  readonly checkEventKey: (key: string) => void;
  /** Aborted when the server begins to close: who waits for a result is answered then. */
  readonly closing: AbortSignal;
}
