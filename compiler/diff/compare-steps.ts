import { isDeepStrictEqual } from "node:util";
import type { FunctionEntry, StepNode } from "../../runtime/manifest/manifest.js";
import type { Finding } from "./finding.js";

type Step = Extract<StepNode, { kind: "step" }>;

/** Compares the constant step ids of one function in source order; ids that are not constant only by their count. */
export function compareSteps(before: FunctionEntry, after: FunctionEntry): Finding[] {
  const old = before.steps.flatMap(listSteps);
  const now = after.steps.flatMap(listSteps);
  const findings: Finding[] = [];
  const add = (severity: Finding["severity"], code: string, text: string, step: Step): void => {
    findings.push({ severity, code, text: `\`${after.id}\`: ${text}`, location: step.location });
  };
  const oldIds = new Map(old.map((step) => [step.id, step]));
  const nowIds = new Map(now.map((step) => [step.id, step]));
  const lastKept = now.findLastIndex((step) => step.id !== null && oldIds.has(step.id));
  const renamed = new Set<Step>();
  for (const [index, step] of old.entries()) {
    if (step.id === null) continue;
    const same = nowIds.get(step.id);
    if (same !== undefined) {
      if (same.tool !== step.tool) {
        add("breaking", "step-kind-changed", `step \`${step.id}\` was \`${step.tool}\` and is \`${same.tool}\``, same);
      }
      continue;
    }
    const place = now[index];
    if (old.length === now.length && place?.id != null && place.tool === step.tool && !oldIds.has(place.id)) {
      renamed.add(place);
      add("breaking", "step-renamed", `step \`${step.id}\` seems to be \`${place.id}\` now; keep its id`, place);
    } else add("breaking", "step-removed", `step \`${step.id}\` is gone; runs in flight may have it`, step);
  }
  for (const [index, step] of now.entries()) {
    if (step.id === null || oldIds.has(step.id) || renamed.has(step)) continue;
    const isLast = index > lastKept;
    add(
      isLast ? "safe" : "risky",
      "step-added",
      `step \`${step.id}\` is new${isLast ? "" : " before steps that runs may have passed"}`,
      step,
    );
  }
  const kept = now.filter((step) => step.id !== null && oldIds.has(step.id));
  const wasKept = old.filter((step) => step.id !== null && nowIds.has(step.id));
  const moved = kept.find((step, index) => step.id !== wasKept[index]?.id);
  if (moved !== undefined) add("breaking", "steps-reordered", `step \`${moved.id}\` has another place`, moved);
  const opaque = [...old, ...now].find((step) => step.id === null);
  const isSame = isDeepStrictEqual(before.steps.map(listShape), after.steps.map(listShape));
  if (findings.length === 0 && !isSame) {
    const step = opaque ?? now[0];
    if (step !== undefined) add("risky", "step-graph-changed", "branches, loops, groups or computed ids differ", step);
  }
  return findings;
}

function listSteps(node: StepNode): Step[] {
  return node.kind === "step" ? [node] : node.children.flatMap(listSteps);
}

/** The graph without the places in the source. */
function listShape(node: StepNode): unknown {
  return node.kind === "step"
    ? [node.tool, node.id, node.template ?? null]
    : [node.kind, ...node.children.map(listShape)];
}
