import type { StepSite } from "../../2-model/model.js";
import type { SpecialName } from "../../2-model/shape.js";
import { describeFate, describeLoss, isCertain, listRealLosses, suggestPlainData } from "../json-losses.js";
import { nameStep } from "../name-step.js";
import type { Finding, Rule } from "../rule.js";
import { listSurvivors, mayTransformOutput } from "../serialization.js";
import { listAllSteps, listHandlers } from "../visit-steps.js";

/**
 * Step results are kept as JSON. `bigint` is refused there, so such a step fails; a `Map`, a `Set`, a function or the
 * methods of a class are lost without a word. A `Date` becomes a string, which the types of `step.run` say.
 */
export const findUnserializableStepResults: Rule = (model) =>
  listHandlers(model).flatMap(({ owner, handler }) => {
    const survives = listSurvivors(model, owner);
    return listAllSteps(handler.steps).flatMap((site) => {
      const finding = checkResult(site, survives, mayTransformOutput(model, owner));
      return finding ? [finding] : [];
    });
  });

function checkResult(site: StepSite, survives: ReadonlySet<SpecialName>, transformed: boolean): Finding | null {
  if (!site.result) return null;
  const losses = listRealLosses(site.result, survives);
  const [worst] = losses;
  if (!worst) return null;
  const { name } = worst.shape;
  const certain = name === "bigint" && !transformed && isCertain(site.result, worst);
  // What nobody looks at can lose what it likes; a `bigint` fails its step all the same.
  if (site.resultUnused && name !== "bigint") return null;
  const others = losses.length - 1;
  return {
    severity: certain ? "error" : name === "undefined" ? "info" : "warning",
    message: `${nameStep(site)} returns ${describeLoss(worst)}${others > 0 ? `, and ${others} more like it` : ""}`,
    span: site.resultSpan ?? site.span,
    label: `\`${worst.shape.type}\`: ${describeFate(name)}`,
    help: suggestPlainData(name, true),
    through: site.through,
  };
}
