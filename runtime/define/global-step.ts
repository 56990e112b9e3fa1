import { ambient } from "./ambient.js";
import { StepwrightError } from "./errors.js";
import type { AnyEvents } from "./event-map.js";
import type { GroupTools } from "./group-tools.js";
import type { StepFetch } from "./step-fetch.js";
import type { StepTools } from "./step-tools.js";

function currentStep(): StepTools<AnyEvents> {
  const step = ambient.currentStep?.();
  if (!step) throw new StepwrightError("outside-a-run");
  return step;
}

function currentGroup(): GroupTools {
  const group = ambient.currentGroup?.();
  if (!group) throw new StepwrightError("outside-a-run");
  return group;
}

/** The tools of the current run, looked up at each use. @throws StepwrightError `outside-a-run` */
export const step = forward<StepTools<AnyEvents>>(currentStep);

/** The group tools of the current run, looked up at each use. @throws StepwrightError `outside-a-run` */
export const group = forward<GroupTools>(currentGroup);

function forward<T extends object>(current: () => T): T {
  // the target is only a stand-in: every property is the current run's
  return new Proxy({} as T, { get: (_, key) => (typeof key === "string" ? Reflect.get(current(), key) : undefined) });
}

/** `fetch` that is a step inside a run, and the global `fetch` outside. */
export const fetch: StepFetch = createFetch(undefined);

function createFetch(fallback: typeof globalThis.fetch | undefined): StepFetch {
  const call = (...args: Parameters<typeof globalThis.fetch>) =>
    (ambient.currentStep?.()?.fetch ?? fallback ?? globalThis.fetch)(...args);
  return Object.assign(call, {
    fallback,
    config: (options: { fallback?: typeof globalThis.fetch | undefined }) => createFetch(options.fallback),
  }) as StepFetch;
}
