import type { Fix } from "../../../diagnostics/diagnostic.js";
import type { HazardKind, HazardReach, ReplayHazard } from "../../2-model/model.js";
import { makeHandlerRule } from "../handler-rule.js";
import { type Finding, labelSpan } from "../rule.js";

/**
 * A run is continued by running its handler again and giving it the recorded results of its steps. What is outside a
 * step is worked out anew, so a value that is another one then must not decide which steps there are, or reach one.
 */
export const findNondeterministicCalls = makeHandlerRule((handler) =>
  handler.hazards.flatMap((hazard) => {
    const reaches = hazard.reaches.filter((reach) => matters(hazard, reach));
    return reaches.length > 0 ? [describe(hazard, reaches)] : [];
  }),
);

/** Whether it does harm that a value of this kind comes there. */
function matters({ kind, secret }: ReplayHazard, { as, tool, afterStep, inline }: HazardReach): boolean {
  switch (as) {
    case "id":
    case "branch":
      return true;
    case "input": {
      // An interval is measured from now, whenever that is; what is made for one step is recorded with it.
      if (tool === "sleep" || tool === "sleepUntil" || kind === "environment") return false;
      if (inline && tool !== "run" && tool !== "ai.wrap") return false;
      // A token is better asked for anew than kept in the journal.
      if (kind === "io" && secret) return false;
      // The time of a step is soon enough the time just before it.
      return kind !== "time" || afterStep;
    }
    case "result":
      // Behind the last step nothing is replayed.
      return afterStep && kind !== "environment" && kind !== "state";
  }
}

function describe(hazard: ReplayHazard, reaches: readonly HazardReach[]): Finding {
  const { kind, source, chain, recorded } = hazard;
  const calls = [...chain.map(({ callee }) => callee), source].map((name) => `\`${name}\``);
  const subject = chain.length > 0 ? `\`handler\` calls ${calls.join(" calls ")}, which` : calls.join("");
  const inHelpers = chain.slice(1).map(({ callee, span }) => labelSpan(span, `calls \`${callee}\``));
  const cause = chain.length > 0 ? [...inHelpers, labelSpan(hazard.sourceSpan, causeOf[kind])] : [];
  return {
    // The environment of a deployment is mostly the same everywhere.
    ...(kind === "environment" && { severity: "info" }),
    message: `${subject} ${fateOf[kind]}`,
    span: hazard.span,
    label: "outside a step",
    related: [...worstOf(reaches).map((reach) => labelSpan(reach.span, describeReach(reach))), ...cause],
    help: recorded ? `record it: \`${recorded.text}\`` : helpFor(kind, reaches),
    through: hazard.through,
    waivedAt: [hazard.sourceSpan],
    ...(recorded && { fixes: [recordingFix(recorded)] }),
  };
}

function recordingFix({ span, text }: NonNullable<ReplayHazard["recorded"]>): Fix {
  return { title: "record it in a step", edits: [{ span: labelSpan(span), text }] };
}

/** The first of each kind, the worst kind first. */
function worstOf(reaches: readonly HazardReach[]): HazardReach[] {
  const order: readonly HazardReach["as"][] = ["id", "branch", "input", "result"];
  return order.flatMap((as) => reaches.find((reach) => reach.as === as) ?? []);
}

function describeReach({ as }: HazardReach): string {
  switch (as) {
    case "id":
      return "it is part of this step's id";
    case "branch":
      return "it decides whether this step runs";
    case "input":
      return "it reaches this step";
    case "result":
      return "it is part of the result";
  }
}

const fateOf: Record<HazardKind, string> = {
  time: "gives another value each time the run is replayed",
  random: "gives another value each time the run is replayed",
  id: "gives another value each time the run is replayed",
  io: "is asked again each time the run is replayed, and may answer differently",
  state: "is a variable of the process, and a replay in another process finds another value",
  order: "gives whichever is first, and a replay may see another one first",
  environment: "may be different where the run is replayed",
};

const causeOf: Record<HazardKind, string> = {
  time: "the time is read here",
  random: "it is made here",
  id: "it is made here",
  io: "it is asked here",
  state: "it is read here",
  order: "it is decided here",
  environment: "it is read here",
};

function helpFor(kind: HazardKind, reaches: readonly HazardReach[]): string {
  switch (kind) {
    case "time":
      return reaches.every(({ as }) => as === "branch" || as === "id")
        ? "take the time from the event (`event.ts`), or read it in `step.run` and decide by its result"
        : "read it in `step.run`, or take the time from the event (`event.ts`)";
    case "random":
    case "id":
      return "make it in `step.run`, which records it";
    case "io":
      return "call it in `step.run`, which records the answer, or in the step that needs it";
    case "state":
      return "keep it in a database, and read it in `step.run`";
    case "order":
      return "let steps race, or do all of it in one `step.run`";
    case "environment":
      return "read it in `step.run`, or put the decision into the event";
  }
}
