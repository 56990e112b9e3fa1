import { parseDuration } from "../../../runtime/manifest/duration.js";
import { compileExpression, compileMatch } from "../../../runtime/manifest/expression/compile-expression.js";
import type { Expression, StepNode } from "../../../runtime/manifest/manifest.js";
import type { FoldedValue } from "../2-model/folded.js";
import type { AppModel, HandlerModel, StepSite, StepNode as StepModel } from "../2-model/model.js";
import { locate } from "./location.js";

/** The steps of a handler as the manifest shows them. A group that holds no step says nothing and is left out. */
export function drawStepGraph(model: AppModel, steps: readonly StepModel[], code: StepCode): StepNode[] {
  return steps.flatMap((step): StepNode[] => {
    if (step.kind === "step") return [drawStep(model, step, code)];
    const children = drawStepGraph(model, step.children, code);
    return children.length === 0
      ? []
      : [{ kind: step.kind, ...(step.concurrent && { concurrent: true as const }), children }];
  });
}

/** What the hashes of a handler's steps are looked up in. */
type StepCode = Pick<HandlerModel, "statements" | "bodies">;

function drawStep(model: AppModel, step: StepSite, { statements, bodies }: StepCode): StepNode {
  const hash = step.body === null ? undefined : bodies[step.body];
  const before = statements[step.statement];
  const options = step.options?.value;
  const targets = findTargets(model, step);
  const durationMs = step.tool === "sleep" ? readLength(options) : undefined;
  const timeoutMs = readLength(field(options, "timeout"));
  const lookbackMs = step.tool === "waitForEvent" ? readLength(field(options, "lookback")) : undefined;
  const condition = step.tool === "waitForEvent" ? readCondition(options) : undefined;
  return {
    kind: "step",
    tool: step.tool,
    id: step.id,
    ...(step.template !== null && { template: step.template }),
    ...(durationMs !== undefined && { durationMs }),
    ...(targets.length > 0 && { targets }),
    ...(condition && { if: condition }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(lookbackMs !== undefined && { lookbackMs }),
    ...(step.rollback && { rollback: true as const }),
    ...(step.reached !== "always" && { reached: step.reached }),
    ...(hash !== undefined && { hash }),
    ...(before !== undefined && { before }),
    location: locate(step.span),
  };
}

/** The events or the function that a step names, as far as they are known. */
export function findTargets(model: AppModel, step: StepSite): string[] {
  const { target } = step;
  switch (target?.kind) {
    case undefined:
      return [];
    case "event":
      return target.name === null ? [] : [target.name];
    case "send":
      return [...new Set(target.sends.flatMap((index) => model.sends[index]?.name ?? []))];
    case "function": {
      const known = target.function === null ? null : (model.functions[target.function]?.id ?? null);
      const id = known ?? target.id;
      return id === null ? [] : [id];
    }
  }
}

/** What `drawStepGraph` finds outside of the steps themselves: the names behind the indexes in their targets. */
export function listFarTargets(model: AppModel, steps: readonly StepModel[]): string[] {
  return steps.flatMap((step) => {
    if (step.kind !== "step") return listFarTargets(model, step.children);
    const { target } = step;
    return !target || target.kind === "event" ? noTargets : findTargets(model, step);
  });
}

const noTargets: readonly string[] = [];

function field(value: FoldedValue, name: string): FoldedValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  // checked: an object that is not a list
  return Object.hasOwn(value, name) ? (value as { readonly [name: string]: FoldedValue })[name] : undefined;
}

/** What is wrong is reported by the rules; here it is only left out. */
function readLength(value: FoldedValue): number | undefined {
  if (typeof value !== "number" && typeof value !== "string") return undefined;
  const parsed = parseDuration(value);
  return parsed.ok ? parsed.value : undefined;
}

function readCondition(options: FoldedValue): Expression | undefined {
  const [condition, match] = [field(options, "if"), field(options, "match")];
  const compiled =
    typeof condition === "string"
      ? compileExpression(condition, { async: true })
      : typeof match === "string"
        ? compileMatch(match)
        : null;
  return compiled?.ok ? compiled.value : undefined;
}
