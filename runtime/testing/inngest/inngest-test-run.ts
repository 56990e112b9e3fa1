import { type CheckpointKey, type CheckpointOf, matchesCheckpoint } from "./checkpoint.js";
import {
  CheckpointMissed,
  type CheckpointSubset,
  type ExecutionOutput,
  type InngestTestEngine,
} from "./inngest-test-engine.js";

/** An execution that was stopped, and can be continued: steps that were executed are not executed again. */
export class InngestTestRun {
  constructor(readonly testEngine: InngestTestEngine) {}

  /**
   * Goes on to a checkpoint of that type, or to one that has everything in `subset`; ids of steps as they were written.
   *
   * @throws CheckpointMissed when the function ends, or a step fails, before
   * @example
   * await run.waitFor("step-ran", { step: { id: "charge" } });
   */
  async waitFor<K extends CheckpointKey>(checkpoint: K, subset?: CheckpointSubset<K>): Promise<ExecutionOutput<K>> {
    const inline = checkpoint === "steps-found" ? { disableImmediateExecution: true } : {};
    const output = await this.testEngine.stopAt(
      inline,
      (found) => found.type === checkpoint && (subset === undefined || matchesCheckpoint(subset, found)),
    );
    const isIt =
      output.result.type === checkpoint && (subset === undefined || matchesCheckpoint(subset, output.result));
    if (!isIt) throw new CheckpointMissed(`\`${checkpoint}\``, output);
    return { ...output, result: output.result as CheckpointOf<K> };
  }
}
