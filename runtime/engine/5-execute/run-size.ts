import { StepUseError } from "../../transport/step-errors.js";
import type { Execution } from "./execution.js";

/** The bytes of all step results of a run, counted against their limit. */
export class RunSize {
  #bytes = 0;

  constructor(readonly execution: Execution) {
    for (const { output } of execution.journal) this.#bytes += Buffer.byteLength(output);
  }

  /** Adds a result. False when the run is beyond its limit: then it fails. */
  counts(output: string): boolean {
    const { services } = this.execution;
    this.#bytes += Buffer.byteLength(output);
    const { runBytes } = services.limits;
    if (this.#bytes <= runBytes) return true;
    const detail = `the step results of the run have ${this.#bytes} bytes, the limit is ${runBytes}`;
    services.fail(this.execution, new StepUseError("run-too-large", detail));
    return false;
  }
}
