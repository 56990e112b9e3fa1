import { shortText } from "./evaluate.js";
import type { Value } from "./value.js";

/** Why `value` is not a constant, as the reader of a diagnostic sees it. */
export function describeUnknown(value: Value): string {
  switch (value.kind) {
    case "unknown":
      return value.reason;
    case "choice":
      return value.reason;
    case "input":
      return `\`${value.role}\` is known only when a run executes`;
    case "external":
      return `\`${value.name === "*" || value.name === "default" ? value.module : value.name}\` comes from \`${value.module}\``;
    case "element":
      return `\`${shortText(value.node)}\` is each element of \`${shortText(value.of.node)}\` in turn`;
    case "typed":
      return `\`${shortText(value.node)}\` is a parameter`;
    case "global":
      return `\`${value.name}\` is known only at run time`;
    case "member": {
      if (isEnvironment(value)) return `\`${shortText(value.node)}\` is read from the environment`;
      const inner = rootReason(value.object);
      return inner ?? `\`${shortText(value.node)}\` is known only at run time`;
    }
    case "call":
    case "new":
      return `\`${shortText(value.node)}\` is known only at run time`;
    default:
      return `\`${shortText(value.node)}\` is not constant`;
  }
}

function isEnvironment(value: Value): boolean {
  if (value.kind !== "member") return false;
  if (value.name === "env") {
    if (value.object.kind === "global") return value.object.name === "process" || value.object.name === "Bun";
    if (value.object.kind === "external") return /^(node:)?process$/.test(value.object.module);
    // import.meta.env
    return value.object.kind === "unknown" && value.object.node.getText() === "import.meta";
  }
  return isEnvironment(value.object);
}

function rootReason(value: Value): string | null {
  if (value.kind === "unknown" || value.kind === "choice") return value.reason;
  if (value.kind === "external" || value.kind === "element") return describeUnknown(value);
  if (value.kind === "member") return rootReason(value.object);
  return null;
}
