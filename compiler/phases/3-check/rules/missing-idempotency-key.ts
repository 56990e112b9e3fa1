import type { FunctionModel, StepSite, UnkeyedCall } from "../../2-model/model.js";
import { nameStep } from "../name-step.js";
import { readMember } from "../read-member.js";
import { type Finding, labelSpan, type Rule } from "../rule.js";
import { listAllSteps, listHandlers } from "../visit-steps.js";

/** A step runs at least once: when its process dies after the call and before the record, it is called again. */
export const findMissingIdempotencyKeys: Rule = (model) =>
  listHandlers(model).flatMap(({ owner, handler }) => {
    if (!isRetried(owner)) return [];
    return listAllSteps(handler.steps).flatMap((site) => site.unkeyedCalls.map((call) => describe(site, call)));
  });

/** A setting that is not known may be anything, and five attempts are the default. */
function isRetried({ config }: FunctionModel): boolean {
  return readMember(config.value, "retries") !== 0;
}

function describe(site: StepSite, { name, example, span, chain }: UnkeyedCall): Finding {
  return {
    message: `\`${name}\` in ${nameStep(site)} does its work again when the step is retried`,
    span,
    label: "no idempotency key",
    related: [labelSpan(site.calleeSpan, "a step runs at least once")],
    help: `give ${example}, made from the run: \`\${runId}-${site.id ?? "step"}\``,
    through: [...site.through, ...chain],
  };
}
