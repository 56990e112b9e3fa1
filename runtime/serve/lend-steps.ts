import { ambient } from "../define/ambient.js";
import { currentContext, currentStep, inStep } from "../transport/ambience.js";
import { currentGroup } from "../transport/inline.js";

/** Lets the global `step` and `fetch` find the run that the code belongs to; an engine in this process has done so already. */
export function lendSteps(): void {
  ambient.currentStep ??= currentStep;
  ambient.inStep ??= inStep;
  ambient.currentContext ??= currentContext;
  ambient.currentGroup ??= currentGroup;
}
