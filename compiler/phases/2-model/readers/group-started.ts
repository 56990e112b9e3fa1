import { ts } from "ts-morph";
import type { StepNode } from "../model.js";
import type { Span } from "../span.js";

export interface WalkedStatement {
  readonly statement: ts.Statement;
  readonly nodes: readonly StepNode[];
}

/**
 * Puts together what runs at the same time: a step whose promise is kept runs beside everything up to the statement
 * that waits for it.
 */
export function groupStarted(
  walked: readonly WalkedStatement[],
  kept: ReadonlyMap<StepNode, string>,
  spanOf: (node: ts.Node) => Span,
): StepNode[] {
  const result: StepNode[] = [];
  for (let index = 0; index < walked.length; index++) {
    const current = walked[index];
    if (!current) break;
    const names = current.nodes.flatMap((node) => kept.get(node) ?? []);
    if (names.length === 0) {
      result.push(...current.nodes);
      continue;
    }
    let end = index + 1;
    const beside: StepNode[] = [];
    const started = [...current.nodes];
    for (; end < walked.length; end++) {
      const next = walked[end];
      if (!next || names.some((name) => waitsFor(next.statement, name))) break;
      for (const node of next.nodes) {
        const name = kept.get(node);
        if (name === undefined) beside.push(node);
        else {
          names.push(name);
          started.push(node);
        }
      }
    }
    const span = spanOf(current.statement);
    const [only] = beside;
    if (beside.length === 1 && only) started.push(only);
    else if (beside.length > 1) started.push({ kind: "sequence", children: beside, span });
    if (started.length > 1) result.push({ kind: "parallel", children: started, span });
    else result.push(...started);
    index = end - 1;
  }
  return result;
}

function waitsFor(statement: ts.Statement, name: string): boolean {
  const visit = (node: ts.Node): boolean | undefined => {
    if (ts.isIdentifier(node) && node.text === name) {
      const { parent } = node;
      const isPush = ts.isPropertyAccessExpression(parent) && parent.name.text === "push";
      return !isPush || undefined;
    }
    return ts.forEachChild(node, visit);
  };
  return visit(statement) ?? false;
}
