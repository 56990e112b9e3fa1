import type { AppModel } from "../../2-model/model.js";
import { findConfigProblems } from "../config-problems.js";
import { findExpressionProblems } from "../expression-problems.js";
import type { Finding } from "../rule.js";
import { makeStepRule } from "../step-problems.js";

const findInSteps = makeStepRule("invalid-expression");

/** A condition or a key that is not valid CEL, or does not fit the schema: at run time it would be false, or no key. */
export function findInvalidExpressions(model: AppModel): Finding[] {
  return [
    ...findConfigProblems(model, "invalid-expression"),
    ...findInSteps(model),
    ...findExpressionProblems(model, "invalid-expression"),
  ];
}
