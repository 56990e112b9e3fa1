import type { AppModel } from "../../2-model/model.js";
import { findConfigProblems } from "../config-problems.js";
import type { Finding } from "../rule.js";

/** A value that the runtime refuses when the application loads. */
export function findInvalidConfigValues(model: AppModel): Finding[] {
  return findConfigProblems(model, "invalid-config-value");
}
