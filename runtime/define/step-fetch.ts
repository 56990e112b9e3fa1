type Fetch = typeof globalThis.fetch;

export interface StepFetchOptions {
  /** Used where no run is under way; the global `fetch` by default. */
  fallback?: Fetch | undefined;
}

/** `fetch` that is a step inside a run. */
export interface StepFetch extends Fetch {
  readonly fallback?: Fetch | undefined;
  /** The same, with these options. */
  config(options: StepFetchOptions): StepFetch;
}
