import type { StepGroup, StepNode, StepSite, HandlerModel } from "../../2-model/model.js";
import { makeHandlerRule } from "../handler-rule.js";
import { nameStep } from "../name-step.js";
import { type Finding, labelSpan } from "../rule.js";
import { listSteps } from "../visit-steps.js";

/** `Promise.race` takes the first and forgets the others, but they go on: they are retried, and their result is lost. */
export const findLostRaceWork = makeHandlerRule((handler) => listRaces(handler).flatMap(checkRace));

function listRaces({ steps }: HandlerModel): StepGroup[] {
  const races: StepGroup[] = [];
  const visit = (node: StepNode): void => {
    if (node.kind === "step") return;
    if (node.kind === "race" && !node.cancelsLosers) races.push(node);
    node.children.forEach(visit);
  };
  steps.forEach(visit);
  return races;
}

function checkRace(race: StepGroup): Finding[] {
  if (race.children.length < 2) return [];
  // A wait or a sleep that loses costs nothing.
  const [worker] = race.children.flatMap((child) => listSteps([child])).filter(({ site }) => isWork(site));
  if (!worker) return [];
  return [
    {
      message: `${nameStep(worker.site)} goes on when another step wins the race, and its result is lost`,
      span: worker.site.calleeSpan,
      label: "nobody stops it",
      related: [
        labelSpan(
          { ...race.span, endLine: race.span.line, endColumn: race.span.column + 12 },
          "this race ends without it",
        ),
      ],
      help: "use `step.race(id, { a: () => …, b: () => … })`, which cancels the losers",
      through: worker.site.through,
    },
  ];
}

function isWork({ tool }: StepSite): boolean {
  return ["run", "invoke", "fetch", "ai.infer", "ai.wrap"].includes(tool);
}
