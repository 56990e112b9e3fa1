import type { Scope } from "../../1-source/evaluate/scope.js";
import type { CallFrame } from "../model.js";
import type { Taint } from "./taint.js";

/** Where the walk is. */
export interface Place {
  readonly scope: Scope;
  /** The helper calls that lead from the handler here. */
  readonly frames: readonly CallFrame[];
  /** The body of the handler itself, whose `return` is the result of the run. */
  readonly main: boolean;
  /** What the function that is walked gives. */
  readonly returned: { taint: Taint };
}
