import type { FunctionModel, StepSite, UnkeyedCall } from "../../2-model/model.js";
import { nameStep } from "../name-step.js";
import { readMember } from "../read-member.js";
import { type Finding, labelSpan, type Rule } from "../rule.js";
import { listAllSteps, listHandlers, listSteps } from "../visit-steps.js";

/** A step runs at least once: when its process dies after the call and before the record, it is called again. */
export const findMissingIdempotencyKeys: Rule = (model) =>
  listHandlers(model).flatMap(({ owner, handler }) => {
    if (!isRetried(owner)) return [];
    return listSteps(handler.steps).flatMap(({ site, ancestors }) => {
      const repeats = ancestors.some(({ group }) => group.kind === "loop");
      return [site, ...listAllSteps(site.nested)].flatMap((each) =>
        each.unkeyedCalls.map((call, index) => describe(each, call, repeats, index)),
      );
    });
  });

/** A setting that is not known may be anything, and five attempts are the default. */
function isRetried({ config }: FunctionModel): boolean {
  return readMember(config.value, "retries") !== 0;
}

function describe(site: StepSite, call: UnkeyedCall, repeats: boolean, index: number): Finding {
  return {
    message: `\`${call.name}\` in ${nameStep(site)} does its work again when the step is retried`,
    span: call.span,
    label: "no idempotency key",
    related: [labelSpan(site.calleeSpan, "a step runs at least once")],
    help: `give ${call.example}, ${adviseKey(site, call, repeats, index)}`,
    through: [...site.through, ...call.chain],
  };
}

/** One key for two pieces of work does only the first: whatever repeats the call has to be in it. */
function adviseKey(site: StepSite, { turns }: UnkeyedCall, repeats: boolean, index: number): string {
  const id = site.id ?? site.template;
  // Other calls without a key in the same step are other work.
  const base = `\${runId}-${id ?? "step"}${site.unkeyedCalls.length > 1 ? `-${index + 1}` : ""}`;
  // An id that is made of the element tells the turns of the loop around the step apart.
  const all = repeats && site.template === null ? [{ of: null, key: null }, ...turns] : turns;
  if (all.length === 0) return `made from the run: \`${base}\``;
  const keys = all.map(({ key }) => key);
  const named = all.flatMap(({ of }) => (of === null ? [] : [`\`${of}\``])).join(" and ");
  if (!keys.includes(null)) {
    return `another one for each ${named}: \`${base}${keys.map((key) => `-\${${key}}`).join("")}\``;
  }
  const each = named && all.every(({ of }) => of !== null) ? named : "turn";
  return `made from the run and from what tells one ${each} from another: with \`${base}\` alone only the first is done`;
}
