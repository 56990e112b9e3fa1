import type { AppModel, FunctionModel, SendSite, StepSite } from "../../2-model/model.js";
import { readMember } from "../read-member.js";
import { type Finding, labelSpan } from "../rule.js";
import { handlersOf, listSteps, type PlacedStep, relateSteps } from "../visit-steps.js";

/**
 * A wait for an event that nothing but the waiting function sends, and only before or after the wait: no run gets its own event, and
 * the wait always ends with its time-out, unless another run of the same function sends in time.
 */
export function findWaitsForOwnEvents(model: AppModel): Finding[] {
  const senders = new Map<string, SendSite[]>();
  let hasUnknownName = false;
  for (const send of model.sends) {
    if (send.name === null && send.candidates.length === 0) hasUnknownName = true;
    for (const name of send.name === null ? send.candidates : [send.name]) {
      const known = senders.get(name);
      if (known) known.push(send);
      else senders.set(name, [send]);
    }
  }
  // It could be the event that is waited for.
  if (hasUnknownName) return [];
  return model.functions.flatMap((fn, index) => findInFunction(model, fn, index, senders));
}

function findInFunction(
  model: AppModel,
  fn: FunctionModel,
  index: number,
  senders: ReadonlyMap<string, readonly SendSite[]>,
): Finding[] {
  return handlersOf(fn).flatMap((handler) => {
    const placed = listSteps(handler.steps);
    return placed.flatMap((wait): Finding[] => {
      const { target } = wait.site;
      if (target?.kind !== "event" || target.name === null) return [];
      const sends = senders.get(target.name) ?? [];
      // Where the event starts the function itself, runs hand on to each other.
      if (sends.length === 0 || sends.some((send) => send.function !== index || send.by === "client")) return [];
      if (fn.triggers?.some((trigger) => trigger.kind === "event" && trigger.event === target.name)) return [];
      const own = placed.filter(({ site }) => sendsOneOf(model, site, sends));
      if (own.length !== sends.length || own.some((send) => relateSteps(send, wait).kind !== "sequence")) return [];
      // In a loop the one comes before and after the other.
      if (own.some((send) => sharesLoop(send, wait))) return [];
      const before = own.filter((send) => send.order < wait.order);
      if (before.length > 0 && looksBack(wait.site)) return [];
      return [describe(target.name, wait, before[0] ?? own[0], before.length > 0)];
    });
  });
}

function sendsOneOf(model: AppModel, { target }: StepSite, sends: readonly SendSite[]): boolean {
  return target?.kind === "send" && target.sends.some((each) => sends.includes(model.sends[each]!));
}

function sharesLoop(left: PlacedStep, right: PlacedStep): boolean {
  const groups = new Set(right.ancestors.map(({ group }) => group));
  return left.ancestors.some(({ group }) => group.kind === "loop" && groups.has(group));
}

function looksBack({ options }: StepSite): boolean {
  return options !== null && readMember(options.value, "lookback") !== undefined;
}

function describe(name: string, wait: PlacedStep, send: PlacedStep | undefined, isBefore: boolean): Finding {
  return {
    message: `only this function sends \`${name}\`, and ${isBefore ? "has sent it before it waits" : "sends it after the wait"}`,
    span: wait.site.target?.kind === "event" ? wait.site.target.span : wait.site.span,
    label: "waited for here",
    related: send ? [labelSpan(send.site.calleeSpan, isBefore ? "sent here, earlier" : "sent here, later")] : [],
    help: isBefore
      ? "give the wait a `lookback`, or start both at once: `Promise.all([step.waitForEvent(…), step.sendEvent(…)])`"
      : "send it before the wait ends, or wait for what another function sends",
    through: wait.site.through,
  };
}
