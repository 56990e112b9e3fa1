import type { StepSite } from "../2-model/model.js";

/** How messages call a step: by its id, or the shape of its id, else by the tool. */
export function nameStep(site: StepSite): string {
  const id = site.id ?? site.template;
  return id === null ? `this \`step.${site.tool}\`` : `the step \`${id}\``;
}
