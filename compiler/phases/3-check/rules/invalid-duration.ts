import type { AppModel } from "../../2-model/model.js";
import { findConfigProblems } from "../config-problems.js";
import type { Finding } from "../rule.js";
import { findStepProblems } from "../step-problems.js";

/** A length of time, or a moment to sleep until, that means nothing or is out of its range. */
export function findInvalidDurations(model: AppModel): Finding[] {
  return [...findConfigProblems(model, "invalid-duration"), ...findStepProblems(model, "invalid-duration")];
}
