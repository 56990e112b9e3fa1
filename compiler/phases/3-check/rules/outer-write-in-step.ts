import type { OuterWrite, StepSite } from "../../2-model/model.js";
import { makeHandlerRule } from "../handler-rule.js";
import { nameStep } from "../name-step.js";
import { type Finding, labelSpan } from "../rule.js";
import { listAllSteps } from "../visit-steps.js";

/** A recorded step is not run again: what its callback wrote into variables outside is not written either. */
export const findOuterWritesInSteps = makeHandlerRule((handler) =>
  listAllSteps(handler.steps).flatMap((site) => site.outerWrites.map((write) => describe(site, write))),
);

function describe(site: StepSite, { name, how, span, readSpan, declarationSpan }: OuterWrite): Finding {
  return {
    message: `${nameStep(site)} ${how === "assigned" ? "writes" : "changes"} \`${name}\`, which is lost when the run is replayed`,
    span,
    label: "not done again when the step's result is recorded",
    related: [labelSpan(readSpan, "read here"), labelSpan(declarationSpan, "declared outside the step")],
    help: `return the value from the step: \`${name}\` is then what the journal gives back`,
    through: site.through,
  };
}
