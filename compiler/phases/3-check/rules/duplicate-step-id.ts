import type { StepSite } from "../../2-model/model.js";
import { makeHandlerRule } from "../handler-rule.js";
import { type Finding, labelSpan } from "../rule.js";
import { listSteps, type PlacedStep, relateSteps } from "../visit-steps.js";

/**
 * The journal finds a step's result by its id. In sequence a repeat is counted (`id:1`), so it works until someone
 * reorders the code; in parallel the count depends on who is first, so a result can reach the wrong place.
 */
export const findDuplicateStepIds = makeHandlerRule((handler) => {
  const findings: Finding[] = [];
  const byId = new Map<string, PlacedStep[]>();
  const steps = listSteps(handler.steps);
  const ids = new Set(steps.map(({ site }) => site.id));
  for (const step of steps) {
    if (step.site.id === null) continue;
    const repeat = findOverlappingTurns(step);
    if (repeat) findings.push(repeat);
    const earlier = byId.get(step.site.id) ?? [];
    const clash = findClash(earlier, step, ids);
    if (clash) findings.push(clash);
    byId.set(step.site.id, [...earlier, step]);
  }
  return findings;
});

function findClash(earlier: readonly PlacedStep[], step: PlacedStep, ids: ReadonlySet<string | null>): Finding | null {
  const relations = earlier.map((other) => ({ other, relation: relateSteps(other, step) }));
  const parallel =
    relations.find(({ relation }) => relation.kind === "parallel" && relation.certain) ??
    relations.find(({ relation }) => relation.kind === "parallel");
  if (parallel?.relation.kind === "parallel") {
    return {
      severity: parallel.relation.certain ? "error" : "warning",
      message: `the step id \`${step.site.id}\` is used twice in parallel`,
      ...place(parallel.other.site, step.site),
      help: "give each of them an id of its own",
      ...(parallel.relation.certain && renameStep(step.site, earlier.length + 1, ids)),
    };
  }
  // One place that is reached twice in sequence (a helper called twice) is a loop by other means.
  const sequence = relations.find(
    ({ other, relation }) => relation.kind === "sequence" && !isSamePlace(other.site, step.site),
  );
  if (!sequence) return null;
  return {
    severity: "warning",
    message: `the step id \`${step.site.id}\` is used at two places of one function`,
    ...place(sequence.other.site, step.site),
    help: `rename one of them: the second is recorded as \`${step.site.id}:1\`, which changes when the code is reordered`,
  };
}

/**
 * Only for what no build has accepted: a step that has run under its old id would run again. `times` is which use of the id it is.
 */
function renameStep(
  { id, idSpan, through }: StepSite,
  times: number,
  ids: ReadonlySet<string | null>,
): Pick<Finding, "fixes"> {
  const isLiteral = id !== null && idSpan.line === idSpan.endLine && idSpan.end - idSpan.start === id.length + 2;
  if (!isLiteral || through.length > 0 || ids.has(`${id}-${times}`)) return {};
  const text = JSON.stringify(`${id}-${times}`);
  return { fixes: [{ title: `rename it to ${text}`, edits: [{ span: labelSpan(idSpan), text }] }] };
}

/** The spans of a clash; for one place in a helper that is reached twice, the two calls of the helper. */
function place(first: StepSite, second: StepSite): Pick<Finding, "span" | "label" | "related" | "through"> {
  if (!isSamePlace(first, second)) {
    return {
      span: second.idSpan,
      label: "used again here",
      related: [labelSpan(first.idSpan, "first used here")],
      through: second.through,
    };
  }
  const [one, two] = [first.through[0], second.through[0]];
  return {
    span: second.idSpan,
    related: one && two ? [labelSpan(one.span, "reached from here"), labelSpan(two.span, "and from here")] : [],
  };
}

function isSamePlace(first: StepSite, second: StepSite): boolean {
  return first.span.file === second.span.file && first.span.start === second.span.start;
}

/** A constant id in a loop whose turns overlap, as in `Promise.all(items.map(…))`. */
function findOverlappingTurns({ site, ancestors }: PlacedStep): Finding | null {
  const loop = ancestors.find(({ group }) => group.kind === "loop" && group.concurrent === true);
  if (!loop) return null;
  return {
    // One turn at most is fine, and how many there are is known only in the run.
    severity: "warning",
    message: `every turn of a parallel loop uses the step id \`${site.id}\``,
    span: site.idSpan,
    label: "the same in each turn",
    related: [labelSpan(loop.group.span, "the turns of this loop run in parallel")],
    help: `make the id different in each turn, such as \`${site.id}-\${item.id}\``,
    through: site.through,
  };
}
