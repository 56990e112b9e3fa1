import type { AppModel } from "../../2-model/model.js";
import { findConfigProblems } from "../config-problems.js";
import type { Finding } from "../rule.js";
import { makeStepRule } from "../step-problems.js";

const findInSteps = makeStepRule("invalid-duration");

/** A length of time, or a moment to sleep until, that means nothing or is out of its range. */
export function findInvalidDurations(model: AppModel): Finding[] {
  return [...findConfigProblems(model, "invalid-duration"), ...findInSteps(model)];
}
