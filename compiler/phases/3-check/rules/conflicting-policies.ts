import { nameSpanAt } from "../../2-model/folded.js";
import type { AppModel, FunctionModel } from "../../2-model/model.js";
import { findConfigProblems } from "../config-problems.js";
import { type Finding, labelSpan } from "../rule.js";
import { makeStepRule } from "../step-problems.js";

const findInSteps = makeStepRule("conflicting-policies");

/** Settings that exclude each other, in configurations, in waits, and between the two places for triggers. */
export function findConflictingPolicies(model: AppModel): Finding[] {
  return [
    ...findConfigProblems(model, "conflicting-policies"),
    ...findInSteps(model),
    ...model.functions.filter((fn) => fn.triggersTwice).map(describeTriggersTwice),
  ];
}

function describeTriggersTwice(fn: FunctionModel): Finding {
  return {
    message: "triggers are given twice: in the configuration and as an argument of their own",
    span: fn.triggersSpan,
    related: [labelSpan(nameSpanAt(fn.config, ["triggers"]), "and in this configuration")],
    help: "keep one of the two; `triggers` in the configuration is the newer form",
    through: fn.through,
    binding: true,
  };
}
