import type { FunctionConfig } from "../../../manifest/manifest.js";
import type { Unique } from "../../../store/store.js";

/**
 * One run for each value of the key in a period. Null where the event has none: the value is `false` or missing, or cannot be computed
 * (which the caller records).
 */
export function firstOfItsKind(
  functionId: string,
  { key, periodMs }: NonNullable<FunctionConfig["idempotency"]>,
  event: unknown,
  evaluate: (source: string, event: unknown) => unknown,
  now: number,
): Unique | null {
  const value = evaluate(key.source, event);
  if (value === false || value === null || value === undefined) return null;
  const scope = `key:${functionId}`;
  return { policy: "idempotency", scope, key: JSON.stringify(value), now, expiresAt: now + periodMs };
}
