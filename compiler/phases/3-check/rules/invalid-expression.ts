import type { AppModel } from "../../2-model/model.js";
import { findConfigProblems } from "../config-problems.js";
import type { Finding } from "../rule.js";
import { makeStepRule } from "../step-problems.js";

const findInSteps = makeStepRule("invalid-expression");

/** A condition or a key that is not valid CEL: at run time it would count as false, or as no key. */
export function findInvalidExpressions(model: AppModel): Finding[] {
  return [...findConfigProblems(model, "invalid-expression"), ...findInSteps(model)];
}
