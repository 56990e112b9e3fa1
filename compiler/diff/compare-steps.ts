import { isDeepStrictEqual } from "node:util";
import type { FunctionEntry, StepNode } from "../../runtime/manifest/manifest.js";
import type { FindingCode } from "./explanations.js";
import type { Finding } from "./finding.js";

type Step = Extract<StepNode, { kind: "step" }>;

/**
 * Compares the constant step ids of one function in the order in which they are asked for; ids that are not constant only by their
 * count. What is asked for at the same time has no order.
 */
export function compareSteps(before: FunctionEntry, after: FunctionEntry): Finding[] {
  const oldGraph = before.steps.map(sortTogether);
  const graph = after.steps.map(sortTogether);
  const old = oldGraph.flatMap(listSteps);
  const now = graph.flatMap(listSteps);
  const findings: Finding[] = [];
  const add = (severity: Finding["severity"], code: FindingCode, text: string, step: Step): void => {
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
      } else addChanges(step, same, add);
      continue;
    }
    const twin = now.find((each) => isTwin(step, each) && each.id !== null && !oldIds.has(each.id));
    if (twin) {
      renamed.add(twin);
      const text = `step \`${step.id}\` is \`${twin.id}\` now, its code is the same; keep its id`;
      add("breaking", "step-renamed", text, twin);
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
  const isSame = isDeepStrictEqual(oldGraph.map(listShape), graph.map(listShape));
  if (!isSame && findings.every(({ code }) => code === "step-body-changed" || code === "step-settings-changed")) {
    const step = opaque ?? now[0];
    if (step !== undefined) add("risky", "step-graph-changed", "branches, loops, groups or computed ids differ", step);
  }
  return findings;
}

/** What does not show in the ids. */
function addChanges(
  old: Step,
  now: Step,
  add: (severity: Finding["severity"], code: FindingCode, text: string, step: Step) => void,
): void {
  if (old.hash !== undefined && now.hash !== undefined && old.hash !== now.hash) {
    const text = `the body of step \`${now.id}\` has changed; runs that have its result keep it, the others execute the new one`;
    add("risky", "step-body-changed", text, now);
  }
  const settings = [old, now].map(({ durationMs, targets, if: condition, timeoutMs, lookbackMs }) => {
    return [durationMs, targets, condition?.source, timeoutMs, lookbackMs];
  });
  if (now.tool !== "sendEvent" && !isDeepStrictEqual(settings[0], settings[1])) {
    const text = `what step \`${now.id}\` waits for has changed; runs that wait there keep what they were told`;
    add("risky", "step-settings-changed", text, now);
  }
}

function isTwin(old: Step, now: Step): boolean {
  return old.hash !== undefined && old.hash === now.hash && old.tool === now.tool;
}

/** Steps that begin together come in the order of their ids. */
function sortTogether(node: StepNode): StepNode {
  if (node.kind === "step") return node;
  const children = node.children.map(sortTogether);
  if (node.kind !== "parallel" && node.kind !== "race") return { ...node, children };
  const keyed = children.map((child) => ({ child, key: JSON.stringify(listShape(child)) }));
  keyed.sort((left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0));
  return { ...node, children: keyed.map(({ child }) => child) };
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
