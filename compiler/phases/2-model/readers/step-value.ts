import { nameInOurs, type Value } from "../../1-source/evaluate/value.js";
import { stepToolNames, type StepToolName } from "../../../../runtime/manifest/manifest.js";

/** The role under which a handler's first argument is bound while the handler is followed. */
export const contextRole = "the handler's context";

/** Whether `value` is the `step` object: of the context, the global one, or a parameter typed as it. */
export function isStepObject(value: Value): boolean {
  if (nameInOurs(value) === "step") return true;
  if (value.kind === "member") return value.name === "step" && isContext(value.object);
  if (value.kind === "typed") return value.ours && value.name === "GetStepTools";
  if (value.kind === "choice") return value.options.some(isStepObject);
  return false;
}

export function isContext(value: Value): boolean {
  return value.kind === "input" && value.role === contextRole;
}

export function isGroupObject(value: Value): boolean {
  if (nameInOurs(value) === "group") return true;
  return value.kind === "member" && value.name === "group" && isContext(value.object);
}

/** The tool that is called, when `callee` is one: `step.run`, `step.ai.infer`. */
export function stepToolOf(callee: Value): StepToolName | null {
  if (callee.kind === "choice") return callee.options.map(stepToolOf).find((tool) => tool !== null) ?? null;
  if (callee.kind === "call" && callee.callee.kind === "member" && callee.callee.name === "bind") {
    return stepToolOf(callee.callee.object);
  }
  if (callee.kind !== "member") return null;
  const { object, name } = callee;
  const written =
    object.kind === "member" && isStepObject(object.object)
      ? `${object.name}.${name}`
      : isStepObject(object)
        ? name
        : null;
  return stepToolNames.find((tool) => tool === written) ?? null;
}

/** Whether steps can be made with `value`: `step`, the context, or something that holds one of them. */
export function holdsStep(value: Value, depth = 0): boolean {
  if (isStepObject(value) || isContext(value) || isGroupObject(value) || stepToolOf(value) !== null) return true;
  if (depth > 3) return false;
  switch (value.kind) {
    case "object":
      for (const slot of value.properties.values()) if (holdsStep(slot.value, depth + 1)) return true;
      return value.rest !== null && holdsStep(value.rest, depth + 1);
    case "array":
      return value.elements.some((slot) => holdsStep(slot.value, depth + 1));
    case "member":
      return value.object.kind === "member" && isStepObject(value.object);
    case "choice":
      return value.options.some((option) => holdsStep(option, depth + 1));
    default:
      return false;
  }
}
