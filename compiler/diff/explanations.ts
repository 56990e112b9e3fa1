import type { ReasonCode } from "./live/judge-run.js";

/** What the comparison of two deployments can find. */
export type FindingCode =
  | `event-${"added-required" | "added-optional" | "removed" | "narrowed" | "widened" | "unclear"}`
  | "function-removed"
  | "trigger-changed"
  | "config-changed"
  | "step-removed"
  | "step-renamed"
  | "step-added"
  | "steps-reordered"
  | "step-kind-changed"
  | "step-graph-changed"
  | "step-body-changed"
  | "step-settings-changed";

interface Explanation {
  readonly what: string;
  readonly help: string;
}

const keepOld =
  "Let the runs end under the old deployment (cancel or finish them first), or bring the old code back for them.";

/** For `stepwright explain`: what each code of `stepwright diff` means, and what to do. */
export const explanations: Readonly<Record<FindingCode | ReasonCode, Explanation>> = {
  "event-added-required": {
    what: "A field is required that was not. Producers of before do not send it, stored events and those that parked waits get later need not have it.",
    help: "Make the field optional first, deploy the producers, and require it when no old event is left.",
  },
  "event-added-optional": { what: "A field is new and optional: nobody has to know it.", help: "Nothing." },
  "event-removed": {
    what: "A field is gone from the schema. Consumers of before may still read it.",
    help: "Deploy the consumers that do without it before the producers that no longer send it.",
  },
  "event-narrowed": {
    what: "The schema allows less: events of old producers and stored events may not fit it, and runs that they start fail.",
    help: "Accept the old values as well until none of them is left.",
  },
  "event-widened": {
    what: "The schema allows more: consumers of before may get values that they do not expect.",
    help: "Deploy the consumers first.",
  },
  "event-unclear": {
    what: "The schemas differ in keywords that are not compared, as `pattern` or `anyOf`.",
    help: "Read both schemas in the manifests.",
  },
  "function-removed": {
    what: "The function is gone. Its runs in flight stay in the store, and nobody executes them.",
    help: "Keep the function without triggers until they have ended, or cancel them.",
  },
  "trigger-changed": {
    what: "Other events, conditions or times start the function.",
    help: "Check that no event is left that nobody takes.",
  },
  "config-changed": {
    what: "A setting of flow control, retries or cancellation has changed; it meets runs that wait already.",
    help: "The finding says what becomes of them.",
  },
  "step-removed": {
    what: "A step is gone. A run that has recorded it ends with a nondeterminism error.",
    help: `${keepOld} \`--live\` says whether there are any.`,
  },
  "step-renamed": {
    what: "A step has another id, and the same code or the same place. For the engine that is a removed step and a new one.",
    help: "Keep the id; the name that is shown may change: `step.run({ id, name }, …)`.",
  },
  "step-added": {
    what: "A step is new. At the end it hurts nobody; before steps that a run has recorded, that run ends with a nondeterminism error.",
    help: "Add it at the end, or beside others in a `Promise.all`; or ask `--live` whether a run has passed its place.",
  },
  "steps-reordered": {
    what: "Steps are asked for in another order than they were recorded in.",
    help: "Keep the order. Steps of one `Promise.all` have none.",
  },
  "step-kind-changed": {
    what: "An id belongs to another tool now: what is recorded, or waited for, does not fit it.",
    help: "Give the new step an id of its own.",
  },
  "step-graph-changed": {
    what: "Branches, loops, groups or computed ids differ while the constant ids are the same.",
    help: "Ask `--live` what that means for the runs in flight.",
  },
  "step-body-changed": {
    what: "What a step executes has changed, in its callback or in a helper that this reaches; comments and layout do not count. Completed steps are not executed again; steps that wait for another attempt execute the new code.",
    help: "Nothing where both results fit what follows. Else give the step a new id.",
  },
  "step-settings-changed": {
    what: "A sleep, a wait or an invocation has other settings. Runs that wait there already keep what they were told.",
    help: "Nothing, or cancel the runs that must not wait as before.",
  },
  "not-begun": { what: "Nothing of the run is recorded: it begins with the new code.", help: "Nothing." },
  "same-code": {
    what: "All that decides about the steps of this function is as it was when the run began: its handler and what that reaches, bodies of steps aside.",
    help: "Nothing.",
  },
  fits: {
    what: "The new code asks for each recorded step in its turn: up to there it is unchanged, or nothing in it can go another way.",
    help: "Nothing.",
  },
  "function-gone": {
    what: "The new deployment does not have the function. The run stays in the store and does not go on.",
    help: "Keep the function without triggers until its runs have ended, or cancel them.",
  },
  "rolling-back": {
    what: "The run has failed or was cancelled and its steps are being taken back, by code that has changed.",
    help: "Wait until it has ended.",
  },
  "handler-gone": {
    what: "It is the run of an `onFailure`, `onCancel` or `onComplete` handler that the new function does not have, or that the compiler cannot follow.",
    help: "Keep the handler until the run has ended, or replay it: `stepwright runs export` and `replay` of `stepwright/testing`.",
  },
  "steps-not-known": {
    what: "`step` goes to code that the compiler cannot follow, so what it asks for there is not known.",
    help: "Replay the run against the new code: `stepwright runs export` and `replay` of `stepwright/testing`.",
  },
  "wait-abandoned": {
    what: "The run waits in a step that the new code does not come to. It goes on without it, and ends with a nondeterminism error if what it waited for still comes.",
    help: keepOld,
  },
  "wait-kind-changed": {
    what: "The run waits in a step that belongs to another tool now.",
    help: "Give the new step an id of its own.",
  },
  "uncertain-path": {
    what: "The recorded steps fit one way through the new code, but conditions, loops or code around them have changed, and another way does not fit.",
    help: "Replay the run against the new code (`stepwright runs export`, `replay` of `stepwright/testing`), or keep the old code for it.",
  },
  "too-many-positions": {
    what: "The recorded steps fit the new code in more ways than are looked at.",
    help: "Replay the run against the new code: `stepwright runs export` and `replay` of `stepwright/testing`.",
  },
  "step-gone": {
    what: "The run has recorded a step that the new code asks for nowhere on its way. It ends with a nondeterminism error.",
    help: keepOld,
  },
  "step-out-of-order": {
    what: "The new code asks for another step first, and waits for it, where the run has recorded this one. It ends with a nondeterminism error.",
    help: keepOld,
  },
};

/** The page of a code of `stepwright diff`; null when it is none. */
export function explainDifference(code: string): string | null {
  if (!Object.hasOwn(explanations, code)) return null;
  // checked: one of its own keys
  const { what, help } = explanations[code as keyof typeof explanations];
  return `# ${code}\n\n${what}\n\n## What to do\n\n${help}\n`;
}
