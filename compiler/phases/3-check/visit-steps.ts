/** Walks through the step graph of handlers. */
import type { AppModel, FunctionModel, HandlerModel, StepGroup, StepNode, StepSite } from "../2-model/model.js";

/** A group that a step is in, and which of its children leads to the step. */
export interface StepAncestor {
  readonly group: StepGroup;
  readonly child: number;
}

export interface PlacedStep {
  readonly site: StepSite;
  /** From the outermost group inwards; empty for a step at the top of the handler, which runs in sequence. */
  readonly ancestors: readonly StepAncestor[];
  /** Position among the handler's steps, in order of execution. */
  readonly order: number;
}

/** Every rule walks through every handler; with 1,000 functions the walks were half of the checks' time. */
const placedSteps = new WeakMap<readonly StepNode[], readonly PlacedStep[]>();
const allHandlers = new WeakMap<AppModel, readonly OwnedHandler[]>();
const allSteps = new WeakMap<readonly StepNode[], readonly StepSite[]>();

/** The steps of a handler in order, without those nested in another step's callback. */
export function listSteps(nodes: readonly StepNode[]): readonly PlacedStep[] {
  const known = placedSteps.get(nodes);
  if (known) return known;
  const placed: PlacedStep[] = [];
  const visit = (node: StepNode, ancestors: readonly StepAncestor[]): void => {
    if (node.kind === "step") placed.push({ site: node, ancestors, order: placed.length });
    else node.children.forEach((inner, child) => visit(inner, [...ancestors, { group: node, child }]));
  };
  for (const node of nodes) visit(node, []);
  placedSteps.set(nodes, placed);
  return placed;
}

/** The steps of a handler and all those nested in their callbacks. */
export function listAllSteps(nodes: readonly StepNode[]): readonly StepSite[] {
  // Of most steps nothing is nested.
  if (nodes.length === 0) return [];
  const known = allSteps.get(nodes);
  if (known) return known;
  const steps = listSteps(nodes).flatMap(({ site }) => [site, ...listAllSteps(site.nested)]);
  allSteps.set(nodes, steps);
  return steps;
}

export interface OwnedHandler {
  readonly owner: FunctionModel;
  readonly handler: HandlerModel;
}

/** Every handler of the application: the main one of each function and those of its life cycle. */
export function listHandlers(model: AppModel): readonly OwnedHandler[] {
  const known = allHandlers.get(model);
  if (known) return known;
  const handlers: OwnedHandler[] = [];
  for (const owner of model.functions) for (const handler of handlersOf(owner)) handlers.push({ owner, handler });
  allHandlers.set(model, handlers);
  return handlers;
}

/** The main handler of a function and those of its life cycle. */
export function handlersOf({ handler, onFailure, onCancel, onComplete }: FunctionModel): HandlerModel[] {
  return [handler, onFailure, onCancel, onComplete].filter((each) => each !== null);
}

/** How two steps of one handler stand to each other. */
export type StepRelation =
  | { readonly kind: "sequence" }
  /** Alternatives: never both in one run, or not in one turn of the loop around them. */
  | { readonly kind: "exclusive" }
  /** Under way at one time; `certain` when neither depends on a condition or on the number of turns of a loop. */
  | { readonly kind: "parallel"; readonly certain: boolean };

/** Decided by the innermost group that holds both. */
export function relateSteps(left: PlacedStep, right: PlacedStep): StepRelation {
  let depth = 0;
  while (
    depth < left.ancestors.length &&
    depth < right.ancestors.length &&
    left.ancestors[depth]?.group === right.ancestors[depth]?.group &&
    left.ancestors[depth]?.child === right.ancestors[depth]?.child
  ) {
    depth++;
  }
  if (leavesBefore(left, right, depth)) return { kind: "exclusive" };
  const fork = left.ancestors[depth];
  // Both end here, or they part at the top of the handler, where everything is in sequence.
  if (!fork || fork.group !== right.ancestors[depth]?.group) return { kind: "sequence" };
  switch (fork.group.kind) {
    case "branch":
      return { kind: "exclusive" };
    case "sequence":
    case "loop":
      return { kind: "sequence" };
    case "parallel":
    case "race": {
      const inner = [...left.ancestors.slice(depth + 1), ...right.ancestors.slice(depth + 1)];
      return { kind: "parallel", certain: !inner.some(({ group }) => isConditional(group)) };
    }
  }
}

/** One of them is followed by leaving a function in which the other one comes later; `depth`: of the groups that hold both. */
function leavesBefore(left: PlacedStep, right: PlacedStep, depth: number): boolean {
  if (left.order > right.order) return leavesBefore(right, left, depth);
  const { span, through } = right.site;
  return left.ancestors.slice(depth).some(({ group: { leaving }, child }) => {
    if (!leaving?.children.includes(child)) return false;
    const isInside =
      leaving.span.file === span.file && leaving.span.start <= span.start && span.end <= leaving.span.end;
    // Of a helper that is called twice, one call may be left early and the other not.
    return isInside && JSON.stringify(left.site.through) === JSON.stringify(through);
  });
}

/** Whether what is inside may not run at all. */
export function isConditional(group: StepGroup): boolean {
  return group.kind === "branch" || group.kind === "loop";
}
