import { createHash } from "node:crypto";
import { isTruthy } from "../../manifest/expression/expression-values.js";
import type { Expression } from "../../manifest/manifest.js";
import type { GatherEntry, LineSpec, RunControl, SlotDemand } from "../../store/store.js";
import type { FunctionPolicies } from "./function-policies.js";
import { headStartMs } from "./policies/priority.js";

/** The event of a run, as its keys are computed from it: `payload` is parsed when a policy looks into it. */
export interface ControlledEvent {
  readonly payload: unknown;
  readonly ts: number;
  /** Of its JSON. */
  readonly bytes: number;
}

/** The value of an expression over the event; `undefined` when it cannot be computed, which is recorded. */
export type Evaluate = (source: string, event: unknown) => unknown;

/**
 * How a run was asked for. Who invokes a function waits for a run of its own: that one is not rate limited, and gathers nothing. A tick of a
 * schedule is rate limited, and gathers nothing.
 */
export type Origin = "event" | "tick" | "invocation";

/** Longer ones are told apart by their hash: a key is part of many rows. */
const longestKey = 200;

/** What holds this run back: the policies with the keys that its event gives them. Null when nothing does. */
export function controlRun(
  functionId: string,
  policies: FunctionPolicies,
  event: ControlledEvent,
  origin: Origin,
  evaluate: Evaluate,
): RunControl | null {
  let last: { readonly source: string; readonly text: string | null } | null = null;
  /** The key's value as text; null when the policy is switched off for this event. Several policies mostly have the same key. */
  const keyOf = (key: Expression | undefined): string | null => {
    if (!key) return "";
    if (last?.source !== key.source) last = { source: key.source, text: textOf(evaluate(key.source, event.payload)) };
    return last.text;
  };
  const gather = origin === "event" ? gatherOf(functionId, policies, event, keyOf, evaluate) : null;
  const rate = origin === "invocation" ? null : rateOf(functionId, policies, keyOf);
  const line = lineOf(functionId, policies, gather !== null, keyOf);
  if (!line && !rate) return null;
  const { priority } = policies;
  return {
    line,
    headStartMs: priority ? headStartMs(evaluate(priority.run.source, event.payload)) : 0,
    rate,
    gather,
  };
}

function textOf(value: unknown): string | null {
  if (value === false) return null;
  return value === undefined ? "" : shortKey(JSON.stringify(value ?? null));
}

/** The policy last: what a function keeps for one value of its key lies together, which W7 writes a sixth faster. */
function nameOf(owner: string, value: string, policy: string): string {
  return value === "" ? `${owner} ${policy}` : `${owner} ${value} ${policy}`;
}

type KeyOf = (key: Expression | undefined) => string | null;

/** So many lines of a function are remembered. */
const mostLines = 20_000;

/** The same object for the same keys: then the store finds the line by it alone, without its name being put together. */
function lineOf(functionId: string, policies: FunctionPolicies, gathers: boolean, keyOf: KeyOf): LineSpec | null {
  const { concurrency, throttle, singleton, priority, lines } = policies;
  const limited = concurrency.map(({ key }) => keyOf(key));
  const single = singleton ? keyOf(singleton.key) : null;
  const throttled = throttle ? keyOf(throttle.key) : null;
  if (single === null && throttled === null && !gathers && !priority && limited.every((key) => key === null))
    return null;
  let name = gathers ? "gathers" : "";
  // Keys are JSON: none has a line break, and none is a bare dash.
  for (const key of limited) name += `\n${key ?? "-"}`;
  name += `\n${single ?? "-"}\n${throttled ?? "-"}`;
  const known = lines.get(name);
  if (known) return known;
  if (lines.size >= mostLines) lines.clear();
  const made = makeLine(functionId, policies, gathers, { limited, single, throttled });
  lines.set(name, made);
  return made;
}

/** The values of the keys; null where a policy is switched off. */
interface LineKeys {
  readonly limited: readonly (string | null)[];
  readonly single: string | null;
  readonly throttled: string | null;
}

function makeLine(
  functionId: string,
  { hash, concurrency, throttle, singleton, priority }: FunctionPolicies,
  gathers: boolean,
  { limited, single, throttled }: LineKeys,
): LineSpec {
  const slots: SlotDemand[] = [];
  for (const [index, { limit, scope, unit }] of concurrency.entries()) {
    const value = limited[index] ?? null;
    if (value === null) continue;
    // Of the function alone, or shared by all that name the same key.
    slots.push({
      bucket: scope === "fn" ? nameOf(functionId, value, `concurrency#${index}`) : nameOf(scope, value, "concurrency"),
      limit,
      unit,
    });
  }
  const singleKey = single === null ? null : nameOf(functionId, single, "singleton");
  if (singleKey !== null) slots.push({ bucket: singleKey, limit: 1, unit: "run" });
  return {
    hash,
    slots,
    throttle:
      throttle && throttled !== null
        ? {
            limit: throttle.limit,
            burst: throttle.burst,
            periodMs: throttle.periodMs,
            bucket: nameOf(functionId, throttled, "throttle"),
          }
        : null,
    singleton: singleton && singleKey !== null ? { key: singleKey, mode: singleton.mode } : null,
    gathers,
    ordered: priority !== undefined,
  };
}

function rateOf(functionId: string, { rateLimit }: FunctionPolicies, keyOf: KeyOf): RunControl["rate"] {
  const key = rateLimit ? keyOf(rateLimit.key) : null;
  if (!rateLimit || key === null) return null;
  const { limit, periodMs } = rateLimit;
  return { limit, periodMs, key: `${functionId} ${key}`.trimEnd() };
}

function gatherOf(
  functionId: string,
  { debounce, batchEvents }: FunctionPolicies,
  event: ControlledEvent,
  keyOf: KeyOf,
  evaluate: Evaluate,
): GatherEntry | null {
  if (debounce) {
    const key = keyOf(debounce.key);
    if (key === null) return null;
    const { periodMs, timeoutMs = null, collect } = debounce;
    const policy = { kind: "debounce", periodMs, timeoutMs, collect } as const;
    return { key: `${functionId} ${key}`.trimEnd(), policy, ts: event.ts, bytes: event.bytes };
  }
  if (!batchEvents) return null;
  // An event that does not meet the condition runs alone.
  if (batchEvents.if && !isMet(evaluate(batchEvents.if.source, event.payload))) return null;
  const key = keyOf(batchEvents.key);
  if (key === null) return null;
  const { maxSize, timeoutMs } = batchEvents;
  const policy = { kind: "batch", maxSize, timeoutMs } as const;
  return { key: `${functionId} ${key}`.trimEnd(), policy, ts: event.ts, bytes: event.bytes };
}

function isMet(value: unknown): boolean {
  return value !== undefined && isTruthy(value);
}

function shortKey(key: string): string {
  if (key.length <= longestKey) return key;
  return `${key.slice(0, longestKey / 2)}…${createHash("sha256").update(key).digest("base64url")}`;
}
