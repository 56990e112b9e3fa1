import { isDeepStrictEqual } from "node:util";
import type { EventEntry, FunctionConfig, FunctionEntry, Manifest } from "../../runtime/manifest/manifest.js";
import { compareSchemas, type SchemaChange } from "./compare-schemas.js";
import { compareSteps } from "./compare-steps.js";
import type { Finding } from "./finding.js";

/** What a deployment of `after` over `before` changes for producers, consumers, stored events and runs in flight. */
export function compareManifests(before: Manifest, after: Manifest): Finding[] {
  const events = new Map(after.events.map((event) => [event.name, event]));
  const functions = new Map(after.functions.map((fn) => [fn.id, fn]));
  return [
    ...before.events.flatMap((event) => compareEvent(event, events.get(event.name))),
    ...before.functions.flatMap((fn) => compareFunction(fn, functions.get(fn.id))),
  ];
}

function compareEvent(before: EventEntry, after: EventEntry | undefined): Finding[] {
  if (before.schema === undefined || after?.schema === undefined) return [];
  const waits = after.consumers.filter((consumer) => consumer.as === "wait").map((consumer) => consumer.function);
  return compareSchemas(before.schema, after.schema).flatMap((change) => judgeChange(after, change, waits));
}

/** A stricter schema hurts who sends or has stored the old shape; a looser one who reads it. */
function judgeChange(event: EventEntry, change: SchemaChange, waits: readonly string[]): Finding[] {
  const location = event.location ?? null;
  const name = `\`${event.name}\`: \`${change.path}\``;
  const parked =
    waits.length === 0 ? "" : `, parked waits of ${[...new Set(waits)].map((id) => `\`${id}\``).join(", ")}`;
  const code = `event-${change.kind}`;
  switch (change.kind) {
    case "added-required":
    case "narrowed": {
      const what = change.kind === "narrowed" ? "allows less" : "is required now";
      const text = `${name} ${what}; events of old producers, stored events${parked} need not fit`;
      return [{ code, severity: "breaking", text, location }];
    }
    case "removed":
    case "widened": {
      const what = change.kind === "removed" ? "is gone" : "allows more";
      return [{ code, severity: "risky", text: `${name} ${what}; old consumers may not expect it`, location }];
    }
    case "added-optional":
      return [{ code, severity: "safe", text: `${name} is new and optional`, location }];
    case "unclear":
      return [{ code, severity: "risky", text: `${name} has changed in a way that is not decided`, location }];
  }
}

/** Settings by which queued runs are held or taken back: a change applies to what waits already. */
const queued = [
  "concurrency",
  "throttle",
  "rateLimit",
  "debounce",
  "batchEvents",
  "singleton",
  "priority",
  "idempotency",
  "cancelOn",
  "timeouts",
  "retries",
  "serialization",
] as const satisfies readonly (keyof FunctionConfig)[];

function compareFunction(before: FunctionEntry, after: FunctionEntry | undefined): Finding[] {
  if (after === undefined) {
    const text = `function \`${before.id}\` is gone; its runs in flight cannot go on`;
    return [{ code: "function-removed", severity: "breaking", text, location: before.location }];
  }
  const findings: Finding[] = [];
  const add = (code: string, text: string): void => {
    findings.push({ code, severity: "risky", text: `\`${after.id}\`: ${text}`, location: after.location });
  };
  if (!isDeepStrictEqual(before.triggers, after.triggers)) add("trigger-changed", "what starts it has changed");
  for (const key of queued) {
    if (!isDeepStrictEqual(before.config[key], after.config[key])) {
      add("config-changed", `\`${key}\` has changed, for queued runs as well`);
    }
  }
  return [...findings, ...compareSteps(before, after)];
}
