import type { AppModel } from "../../2-model/model.js";
import { findConfigProblems } from "../config-problems.js";
import type { Finding } from "../rule.js";

/** A schedule that does not parse would never fire. */
export function findInvalidCrons(model: AppModel): Finding[] {
  return findConfigProblems(model, "invalid-cron");
}
