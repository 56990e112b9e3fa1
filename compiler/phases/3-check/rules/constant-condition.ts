import type { AppModel } from "../../2-model/model.js";
import { findExpressionProblems } from "../expression-problems.js";
import type { Finding } from "../rule.js";

/** A condition, or a comparison in one, that has the same outcome for every event that fits the schema. */
export function findConstantConditions(model: AppModel): Finding[] {
  return findExpressionProblems(model, "constant-condition");
}
