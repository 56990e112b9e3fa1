import { describeFate, describeLoss, isCertain, listRealLosses, suggestPlainData } from "../json-losses.js";
import type { Rule } from "../rule.js";
import { listSurvivors, mayTransformOutput } from "../serialization.js";

/** What a handler returns is the run's result, as JSON: for `step.invoke`, for the typed client and for those who look. */
export const findUnserializableFunctionResults: Rule = (model) =>
  model.functions.flatMap((owner) => {
    if (!owner.handler) return [];
    const { output, outputSpan } = owner.handler;
    const losses = listRealLosses(output, listSurvivors(model, owner));
    const [worst] = losses;
    if (!worst) return [];
    const { name, type } = worst.shape;
    const certain = name === "bigint" && !mayTransformOutput(model, owner) && isCertain(output, worst);
    const others = losses.length - 1;
    return [
      {
        severity: certain ? "error" : name === "undefined" ? "info" : "warning",
        message: `${owner.id === null ? "the handler" : `the function \`${owner.id}\``} returns ${describeLoss(worst)}${others > 0 ? `, and ${others} more like it` : ""}`,
        span: outputSpan,
        label: `\`${type}\`: ${describeFate(name)}`,
        help: suggestPlainData(name, true),
        through: owner.through,
      },
    ];
  });
