import type { LoadedFunction } from "./load-application.js";

/** The settings of a function that this version accepts and checks, but does not act on. */
function unenforcedPolicies({ config }: LoadedFunction): string[] {
  const named = {
    "singleton.mode": config.singleton?.mode === "cancel",
    idempotency: config.idempotency,
    cancelOn: config.cancelOn.length > 0,
    timeouts: config.timeouts.startMs !== undefined || config.timeouts.finishMs !== undefined,
  };
  return Object.entries(named).flatMap(([name, given]) => (given ? [name] : []));
}

/** A sentence about them; null when there are none. */
export function describeUnenforced(fn: LoadedFunction): string | null {
  const names = fn.kind === "function" ? unenforcedPolicies(fn) : [];
  if (names.length === 0) return null;
  return `\`${fn.fullId}\`: this version does not enforce \`${names.join("`, `")}\` yet`;
}
