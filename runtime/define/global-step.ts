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

/**
 * `fetch` that is a step in a handler; elsewhere, also in the body of a step, the global `fetch`, or what `config` says.
 * @throws StepwrightError `outside-a-run` where there is no fallback
 * @example const api = new ShopApi({ fetch })
 */
export const fetch: StepFetch = createFetch((...args) => globalThis.fetch(...args));

function createFetch(fallback: typeof globalThis.fetch | undefined): StepFetch {
  const call = async (...args: Parameters<typeof globalThis.fetch>): Promise<Response> => {
    const step = ambient.currentStep?.();
    if (step && !ambient.inStep?.()) return step.fetch(...args);
    if (!fallback) throw new StepwrightError("outside-a-run", "`fetch` has no fallback");
    return fallback(...args);
  };
  return Object.assign(call, {
    fallback,
    config: (options: { fallback?: typeof globalThis.fetch | undefined }) => createFetch(options.fallback),
  }) as StepFetch;
}
