import { isDeepStrictEqual } from "node:util";
import type { EventEntry, FunctionConfig, FunctionEntry, Manifest } from "../../runtime/manifest/manifest.js";
import { compareSchemas, type SchemaChange } from "./compare-schemas.js";
import { compareSteps } from "./compare-steps.js";
import { handlerOf, lifecycleParts } from "./lifecycle-handlers.js";
import type { FindingCode } from "./explanations.js";
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
  return compareSchemas(before.schema, after.schema).flatMap((change) => judgeChange(after, change));
}

/** A stricter schema hurts who sends, what is stored and who waits, each on its own; a looser one who reads it. */
function judgeChange(event: EventEntry, change: SchemaChange): Finding[] {
  const location = event.location ?? null;
  const name = `\`${event.name}\`: \`${change.path}\``;
  const code = `event-${change.kind}` as const;
  const breaking = (text: string): Finding => ({ code, severity: "breaking", text: `${name} ${text}`, location });
  const list = (as: EventEntry["consumers"][number]["as"]): string => {
    const ids = event.consumers.filter((consumer) => consumer.as === as).map((consumer) => `\`${consumer.function}\``);
    return [...new Set(ids)].join(", ");
  };
  switch (change.kind) {
    case "added-required":
    case "narrowed": {
      const what = change.kind === "narrowed" ? "allows less" : "is required now";
      const [started, waiting] = [list("trigger"), list("wait")];
      return [
        breaking(`${what}: what producers of before send need not fit, and is refused`),
        ...(started === "" ? [] : [breaking(`${what}: stored events that are yet to start ${started} need not fit`)]),
        ...(waiting === "" ? [] : [breaking(`${what}: parked waits of ${waiting} may get what does not fit`)]),
      ];
    }
    case "removed":
    case "widened": {
      const what = change.kind === "removed" ? "is gone" : "allows more";
      return [{ code, severity: "risky", text: `${name} ${what}; consumers of before may not expect it`, location }];
    }
    case "added-optional":
      return [{ code, severity: "safe", text: `${name} is new and optional`, location }];
    case "unclear":
      return [{ code, severity: "risky", text: `${name} has changed in a way that is not decided`, location }];
  }
}

/** What a change of each setting does to runs and events that are there already. */
const settings = {
  concurrency: ["risky", "runs in line are put in line anew, under the new limits and keys"],
  throttle: ["risky", "runs in line start by the new rate"],
  rateLimit: ["risky", "what was let through before counts under the new limit"],
  debounce: ["risky", "runs that gather events keep the time they were given"],
  batchEvents: ["risky", "batches that gather keep the time and size they were given"],
  singleton: ["risky", "runs in flight count under the new key only when they are in line again"],
  priority: ["safe", "runs in line keep their place"],
  idempotency: ["risky", "events that have started a run may start another one under the new key"],
  cancelOn: ["risky", "runs in flight watch for what they were begun with"],
  timeouts: ["risky", "runs in flight keep the deadlines they were begun with"],
  retries: ["risky", "steps that are tried again count by the new limit"],
  serialization: ["risky", "results that are recorded stay in the form they have"],
} as const satisfies Partial<Record<keyof FunctionConfig, readonly [Finding["severity"], string]>>;

function compareFunction(before: FunctionEntry, after: FunctionEntry | undefined): Finding[] {
  if (after === undefined) {
    const text = `function \`${before.id}\` is gone; its runs in flight cannot go on`;
    return [{ code: "function-removed", severity: "breaking", text, location: before.location }];
  }
  const findings: Finding[] = [];
  const add = (code: FindingCode, text: string, severity: Finding["severity"] = "risky"): void => {
    findings.push({ code, severity, text: `\`${after.id}\`: ${text}`, location: after.location });
  };
  if (!isDeepStrictEqual(before.triggers, after.triggers)) add("trigger-changed", "what starts it has changed");
  for (const [key, [severity, effect]] of Object.entries(settings)) {
    if (!isDeepStrictEqual(Reflect.get(before.config, key), Reflect.get(after.config, key))) {
      add("config-changed", `\`${key}\` has changed: ${effect}`, severity);
    }
  }
  const parts = [null, ...Object.values(lifecycleParts)].flatMap((part) => {
    const [was, is] = [handlerOf(before, part), handlerOf(after, part)];
    return was && is ? compareSteps(was, is) : [];
  });
  return [...findings, ...parts];
}
