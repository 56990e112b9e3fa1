import { makeHandlerRule } from "../handler-rule.js";
import { nameStep } from "../name-step.js";
import { type Finding, labelSpan } from "../rule.js";
import { listSteps, type PlacedStep, relateSteps } from "../visit-steps.js";

/** A step whose promise nobody waits for: its failure is lost, and it may still be under way when the run ends. */
export const findUnawaitedSteps = makeHandlerRule((handler) => {
  const steps = listSteps(handler.steps);
  return steps.flatMap((step) => (step.site.awaited === "no" ? [describeUnawaited(step, steps)] : []));
});

function describeUnawaited(step: PlacedStep, steps: readonly PlacedStep[]): Finding {
  const { site } = step;
  // A later step that is awaited gives this one time to finish; without any the run ends first.
  const outlived = steps.some(
    (later) => later.order > step.order && later.site.awaited !== "no" && relateSteps(step, later).kind !== "exclusive",
  );
  const name = nameStep(site);
  return {
    severity: outlived ? "warning" : "error",
    message: outlived
      ? `nothing waits for ${name}, so its failure is lost`
      : `the run ends without waiting for ${name}`,
    span: site.calleeSpan,
    ...describeRemedy(step),
    through: site.through,
  };
}

/** The `await` before a step in a callback of `forEach` does not help: nobody waits for the callback. */
function describeRemedy({ site, ancestors }: PlacedStep): Pick<Finding, "label" | "help" | "fixes"> {
  const inTurns = ancestors.some(({ group }) => group.kind === "loop" && group.concurrent === true);
  if (inTurns)
    return { label: "in turns that nothing waits for", help: "use `for (… of …)`, or `Promise.all` over `map`" };
  const edits = site.awaitSpan && [{ span: labelSpan(site.awaitSpan), text: "await " }];
  return {
    label: "not awaited",
    help: "write `await` before it, return it, or hand it to `Promise.all`",
    ...(edits && { fixes: [{ title: "write `await` before it", edits }] }),
  };
}
