import type { AppModel } from "../../2-model/model.js";
import { type EventUse, listEventUses } from "../event-uses.js";
import { findNearestName } from "../../../diagnostics/nearest-name.js";
import { type Finding, labelSpan } from "../rule.js";

/**
 * A name that the schemas do not declare, where the schemas name all events of the client. Without schemas any
 * name may come from elsewhere, and nothing is said.
 */
export function findUnknownEvents(model: AppModel): Finding[] {
  const declared = new Map(model.events.map((event) => [event.name, event]));
  const uses = listEventUses(model);
  const sent = new Set(uses.filter((use) => use.as === "send").map(({ name }) => name));
  const consumed = new Set(uses.filter((use) => use.as !== "send").map(({ name }) => name));
  return uses.flatMap((use): Finding[] => {
    const client = use.client === null ? undefined : model.clients[use.client];
    if (client?.events !== "closed" || isSystemEvent(use.name) || declared.has(use.name)) return [];
    if (use.as !== "send" && use.name.endsWith("*")) return describeWildcard(use, declared.keys());
    const nearest = findNearestName(use.name, declared.keys());
    const meant = nearest === null ? undefined : declared.get(nearest);
    return [
      {
        // Sent and consumed under one name it works, against the schemas; else nobody hears of it.
        severity: sent.has(use.name) && consumed.has(use.name) ? "warning" : "error",
        message: `the event \`${use.name}\` is not declared`,
        span: use.span,
        label: labelOf(use),
        related: meant ? [labelSpan(meant.span, `\`${meant.name}\` is declared here`)] : [],
        help: meant ? `did you mean \`${meant.name}\`?` : `declare \`${use.name}\` in the client's \`schemas\``,
      },
    ];
  });
}

/** Events that the runtime itself sends, and names that another product's SDK reserves. */
function isSystemEvent(name: string): boolean {
  return name.startsWith("inngest/") || name.startsWith("stepwright/");
}

function describeWildcard(use: EventUse, names: Iterable<string>): Finding[] {
  const prefix = use.name.slice(0, -1);
  if ([...names].some((name) => name.startsWith(prefix))) return [];
  return [
    {
      // Undeclared events can still arrive over HTTP, so a wildcard may match something after all.
      severity: "warning",
      message: `no declared event matches \`${use.name}\``,
      span: use.span,
      label: labelOf(use),
      help: "check the prefix, or declare the events that it stands for",
    },
  ];
}

function labelOf(use: EventUse): string {
  switch (use.as) {
    case "send":
      return "sent here";
    case "trigger":
      return "expected to start this function";
    case "wait":
      return "waited for here";
    case "cancel":
      return "expected to cancel this function";
  }
}
