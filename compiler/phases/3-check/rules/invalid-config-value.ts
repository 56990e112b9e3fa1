import type { AppModel } from "../../2-model/model.js";
import { findConfigProblems } from "../config-problems.js";
import type { Finding } from "../rule.js";
import { makeStepRule } from "../step-problems.js";

const findInSteps = makeStepRule("invalid-config-value");

/** A value that the runtime refuses when the application loads, or when the step is asked for. */
export function findInvalidConfigValues(model: AppModel): Finding[] {
  return [...findConfigProblems(model, "invalid-config-value"), ...findInSteps(model)];
}
