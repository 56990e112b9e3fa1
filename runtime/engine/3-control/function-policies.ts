import { createHash } from "node:crypto";
import type { FunctionConfig } from "../../manifest/manifest.js";
import type { LineSpec } from "../../store/store.js";
import { RuntimeError } from "../engine.js";

/** What holds the runs of a function back, as its configuration says it. */
export interface FunctionPolicies extends Pick<
  FunctionConfig,
  "concurrency" | "throttle" | "rateLimit" | "debounce" | "batchEvents" | "singleton" | "priority"
> {
  /** Changes with any of them. */
  readonly hash: string;
  /** What was made of them for the keys of late: see `controlRun`. */
  readonly lines: Map<string, LineSpec>;
}

/** What a batch cannot be combined with, in a configuration. */
const againstBatch: Readonly<Record<string, (config: FunctionConfig) => boolean>> = {
  cancelOn: ({ cancelOn }) => cancelOn.length > 0,
  debounce: ({ debounce }) => debounce !== undefined,
  singleton: ({ singleton }) => singleton !== undefined,
  priority: ({ priority }) => priority !== undefined,
  rateLimit: ({ rateLimit }) => rateLimit !== undefined,
  idempotency: ({ idempotency }) => idempotency !== undefined,
  "timeouts.start": ({ timeouts }) => timeouts.startMs !== undefined,
};

/**
 * Null for a function that nothing holds back: no part of flow control is ever asked for it. A build refuses what does not go
 * together; this is for manifests that come from elsewhere. @throws RuntimeError `conflicting-policies`
 */
export function policiesOf(functionId: string, config: FunctionConfig): FunctionPolicies | null {
  const conflicts = Object.keys(againstBatch).filter((name) => config.batchEvents && againstBatch[name]?.(config));
  if (conflicts.length > 0) {
    const message = `\`${functionId}\`: \`batchEvents\` and \`${conflicts.join("`, `")}\` cannot be used together`;
    throw new RuntimeError("conflicting-policies", message, "remove one of them and build again");
  }
  const { concurrency, throttle, debounce, batchEvents, singleton, priority, idempotency } = config;
  // One run a key is the narrower limit: it takes the place of the other.
  const rateLimit = idempotency ? undefined : config.rateLimit;
  const given = [throttle, rateLimit, debounce, batchEvents, singleton, priority];
  if (concurrency.length === 0 && given.every((policy) => policy === undefined)) return null;
  const hash = createHash("sha256")
    .update(JSON.stringify([concurrency, ...given]))
    .digest("base64url")
    .slice(0, 12);
  return { concurrency, throttle, rateLimit, debounce, batchEvents, singleton, priority, hash, lines: new Map() };
}
