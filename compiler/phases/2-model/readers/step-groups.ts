/** Makes the groups of a handler's step graph. */
import { ts } from "ts-morph";
import type { StepGroup, StepNode } from "../model.js";
import { spanOf, type Reading } from "../reading.js";

function sequenceOf(reading: Reading, node: ts.Node, nodes: readonly StepNode[]): StepNode {
  const [only] = nodes;
  return nodes.length === 1 && only ? only : { kind: "sequence", children: nodes, span: spanOf(reading, node) };
}

/** The children and the place of a group whose parts run at one time. */
export function besideEachOther(
  reading: Reading,
  node: ts.Node,
  parts: readonly (readonly StepNode[])[],
): Pick<StepGroup, "children" | "span"> {
  return { children: parts.map((nodes) => sequenceOf(reading, node, nodes)), span: spanOf(reading, node) };
}

/** `leaves`: of the alternatives, those that end with leaving the function. Those without steps are left out. */
export function branchOf(
  reading: Reading,
  node: ts.Node,
  alternatives: readonly (readonly StepNode[])[],
  leaves: readonly boolean[],
): StepGroup {
  const children: StepNode[] = [];
  const leaving: number[] = [];
  alternatives.forEach((nodes, index) => {
    if (nodes.length === 0) return;
    if (leaves[index]) leaving.push(children.length);
    children.push(sequenceOf(reading, node, nodes));
  });
  const span = spanOf(reading, node);
  if (leaving.length === 0) return { kind: "branch", children, span };
  const left = ts.findAncestor(node, ts.isFunctionLike) ?? node;
  return { kind: "branch", children, leaving: { children: leaving, span: spanOf(reading, left) }, span };
}

/** The same as steps: none where no alternative has any. */
export function branchesOf(
  reading: Reading,
  node: ts.Node,
  alternatives: readonly (readonly StepNode[])[],
  leaves: readonly boolean[] = [],
): StepNode[] {
  return alternatives.every((nodes) => nodes.length === 0) ? [] : [branchOf(reading, node, alternatives, leaves)];
}
