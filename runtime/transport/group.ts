import { createHash } from "node:crypto";

import type { ExperimentOptions } from "../define/group-tools.js";
import type { GroupTools } from "../define/group-tools.js";
import { StepwrightError } from "../define/errors.js";
import { ambience } from "./ambience.js";
import { readId } from "./step-arguments.js";
import { StepUseError } from "./step-errors.js";

/** The same object for all runs: what belongs to a run is found where the call is made. */
export const group: GroupTools = {
  parallel: async (...given: unknown[]) => {
    const callback = given.at(-1);
    if (typeof callback !== "function") {
      throw new StepUseError("invalid-step-options", "`group.parallel` has no callback");
    }
    return callback();
  },
  experiment: async (idOrOptions, options) => {
    const { id } = readId(idOrOptions);
    const { variants, select } = readOptions(id, options);
    const here = ambience.getStore();
    if (!here) throw new StepwrightError("outside-a-run");
    const names = Object.keys(variants);
    const variant = await here.step.run(idOrOptions as string, async () => {
      const chosen = await select(names, { runId: here.call.runId, share });
      if (names.includes(chosen)) return chosen;
      throw new StepUseError("unknown-variant", `experiment \`${id}\` has chosen \`${chosen}\` of ${names.join(", ")}`);
    });
    const body = names.includes(variant) ? variants[variant] : undefined;
    // the choice is older than the code
    if (!body) throw new StepUseError("unknown-variant", `experiment \`${id}\` has no variant \`${variant}\` any more`);
    const calls = { steps: 0 };
    const result = await ambience.run({ ...here, calls }, async () => body());
    if (calls.steps === 0) {
      throw new StepUseError("variant-without-step", `variant \`${variant}\` of experiment \`${id}\` makes no step`);
    }
    if (here.calls) here.calls.steps += calls.steps;
    return { result: result as never, variant, experimentRef: { experimentName: id, variant } };
  },
};

function readOptions(id: string, options: unknown): ExperimentOptions<Record<string, () => unknown>> {
  const { variants, select } = (options ?? {}) as Partial<ExperimentOptions<Record<string, () => unknown>>>;
  const bodies = typeof variants === "object" && variants !== null ? Object.values(variants) : [];
  if (bodies.length === 0 || bodies.some((body) => typeof body !== "function")) {
    throw new StepUseError("invalid-step-options", `\`variants\` of experiment \`${id}\` are not functions by name`);
  }
  if (typeof select !== "function") {
    throw new StepUseError("invalid-step-options", `experiment \`${id}\` has no \`select\``);
  }
  return { variants: variants!, select };
}

/** The first 32 bits of SHA-256 as a fraction: what the SDK takes, so that who moves keeps the variants of its users. */
function share(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}
