import { findNearestName } from "../../../diagnostics/nearest-name.js";
import type { AppModel } from "../../2-model/model.js";
import { type EventUse, listEventUses } from "../event-uses.js";
import { type Finding, labelSpan } from "../rule.js";

/**
 * Names that only one side of this program knows: sent, and nothing is started by it; or the other way round. The other side may be
 * another application, so that is only told, and only where the program consumes other events of its own. Two such names that are nearly the same are one that is misspelt.
 */
export function findOrphanEvents(model: AppModel): Finding[] {
  const uses = listEventUses(model).filter(({ name }) => !isSystemEvent(name));
  const closed = new Set(model.clients.flatMap(({ events }, index) => (events === "closed" ? [index] : [])));
  const declared = new Set(model.events.map(({ name }) => name));
  const sent = groupByName(uses.filter(({ as }) => as === "send"));
  const consumed = groupByName(uses.filter(({ as }) => as !== "send"));
  const possible = new Set([...sent.keys(), ...model.sends.flatMap(({ candidates }) => candidates)]);
  const patterns = [...consumed.keys()].filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  // A closed client's names are judged against its schemas.
  const isJudgedElsewhere = ({ client, name }: EventUse): boolean =>
    client !== null && closed.has(client) && !declared.has(name);
  const unheard = [...sent].filter(
    ([name, [use]]) =>
      !consumed.has(name) && !patterns.some((prefix) => name.startsWith(prefix)) && !isJudgedElsewhere(use),
  );
  const unsent = [...consumed].filter(
    ([name, [use]]) => !name.endsWith("*") && !possible.has(name) && !isJudgedElsewhere(use),
  );
  // Who consumes nothing of what it sends sends for others.
  const consumesOwn = unheard.length < sent.size;
  const findings: Finding[] = [];
  const explained = new Set<string>();
  for (const [name, [use]] of unsent) {
    const meant = findMisspelt(
      name,
      unheard.map(([each]) => each),
    );
    const [place] = meant === null ? [] : (sent.get(meant) ?? []);
    if (meant === null || !place) continue;
    explained.add(meant);
    findings.push({
      message: `nothing here sends \`${name}\`, and nothing here consumes \`${meant}\``,
      span: use.span,
      label: labelOf(use),
      related: [labelSpan(place.span, `\`${meant}\` is sent here`)],
      help: "if they are the same event, write it in one way: an `eventType` that both import keeps it so",
      waivedAt: [place.span],
    });
  }
  for (const [name, [use]] of unheard) {
    if (!consumesOwn || explained.has(name)) continue;
    findings.push({
      severity: "info",
      message: `nothing in this application consumes \`${name}\``,
      span: use.span,
      label: "sent here",
      help: "another application may; if none does, the event is stored for nothing",
    });
  }
  return findings;
}

type Uses = readonly [EventUse, ...EventUse[]];

function groupByName(uses: readonly EventUse[]): Map<string, Uses> {
  const groups = new Map<string, [EventUse, ...EventUse[]]>();
  for (const use of uses) {
    const group = groups.get(use.name);
    if (group) group.push(use);
    else groups.set(use.name, [use]);
  }
  return groups;
}

/** Names are alike on purpose far more often than by mistake: one or two edits in a long name, and not in its numbers. */
function findMisspelt(name: string, candidates: readonly string[]): string | null {
  const allowed = name.length >= 12 ? 2 : 1;
  const near = candidates.filter((candidate) => {
    if (flatten(candidate) === flatten(name)) return true;
    return withoutDigits(candidate) !== withoutDigits(name) && isWithin(name, candidate, allowed);
  });
  return findNearestName(name, near);
}

const flatten = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
const withoutDigits = (name: string): string => name.replace(/\d+/g, "#");

/** Whether so many edits at one place make one name of the other. */
function isWithin(left: string, right: string, edits: number): boolean {
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  let end = 0;
  const rest = Math.min(left.length, right.length) - start;
  while (end < rest && left.at(-1 - end) === right.at(-1 - end)) end++;
  return Math.max(left.length, right.length) - start - end <= edits;
}

function isSystemEvent(name: string): boolean {
  return name.startsWith("inngest/") || name.startsWith("stepwright/");
}

function labelOf({ as }: EventUse): string {
  if (as === "wait") return "waited for here";
  return as === "cancel" ? "expected to cancel this function" : "expected to start this function";
}
