import type { RunStepOptionsOrId } from "./step-options.js";

type Fetch = typeof globalThis.fetch;
type Target = string | URL | Request;

export interface StepFetchOptions {
  /** Used where no run is under way, and inside the body of a step; the global `fetch` by default, undefined: an error. */
  fallback?: Fetch | undefined;
}

/** `fetch` that is a step inside a run. */
export interface StepFetch extends Fetch {
  readonly fallback?: Fetch | undefined;
  /** The same, with these options. */
  config(options: StepFetchOptions): StepFetch;
}

/**
 * A request that the runtime makes and remembers: retried on network errors, 429 (honours Retry-After) and 5xx; any other
 * answer is a result. Bodies are at most as large as a step's result (4 MiB). An attempt may take as long as the step or the
 * function says, by default two minutes. A request that fails for good is a `StepError`.
 *
 * Without an id, the step is known by the host: `step.fetch: api.example.com`.
 *
 * @example const answer = await step.fetch("rates", "https://api.example.com/rates"); const rates = await answer.json();
 * @example await step.fetch({ id: "charge", timeout: "10s" }, url, { method: "POST", body: JSON.stringify(order) })
 */
export interface StepToolFetch {
  (id: RunStepOptionsOrId, url: Target, init?: RequestInit): Promise<Response>;
  (url: Target, init?: RequestInit): Promise<Response>;
}
