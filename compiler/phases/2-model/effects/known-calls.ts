import type { ts } from "ts-morph";
import type { Value } from "../../1-source/evaluate/value.js";

/** What another reader has found out about the calls already. */
export interface KnownCalls {
  readonly callees: ReadonlyMap<ts.Node, Value>;
  /** Calls of the project's functions that make steps. */
  readonly makingSteps: ReadonlySet<ts.Node>;
}
