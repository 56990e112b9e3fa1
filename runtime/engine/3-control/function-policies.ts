import { createHash } from "node:crypto";
import type { FunctionConfig } from "../../manifest/manifest.js";

/** What holds the runs of a function back, as its configuration says it. */
export interface FunctionPolicies extends Pick<
  FunctionConfig,
  "concurrency" | "throttle" | "rateLimit" | "debounce" | "batchEvents" | "singleton" | "priority"
> {
  /** Changes with any of them. */
  readonly hash: string;
}

/** Null for a function that nothing holds back: no part of flow control is ever asked for it. */
export function policiesOf(config: FunctionConfig): FunctionPolicies | null {
  const { concurrency, throttle, debounce, batchEvents, singleton, priority, idempotency } = config;
  // One run a key is the narrower limit: it takes the place of the other.
  const rateLimit = idempotency ? undefined : config.rateLimit;
  const given = [throttle, rateLimit, debounce, batchEvents, singleton, priority];
  if (concurrency.length === 0 && given.every((policy) => policy === undefined)) return null;
  const hash = createHash("sha256")
    .update(JSON.stringify([concurrency, ...given]))
    .digest("base64url")
    .slice(0, 12);
  return { concurrency, throttle, rateLimit, debounce, batchEvents, singleton, priority, hash };
}
