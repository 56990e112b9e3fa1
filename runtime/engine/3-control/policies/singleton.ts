/** One run at a time under a key. */
export interface Singleton {
  readonly key: string;
  /** `skip`: an event that comes meanwhile starts none. `cancel`: it ends the run that is there and takes its place. */
  readonly mode: "skip" | "cancel";
}

export type SingletonDecision =
  | { readonly kind: "starts" }
  | { readonly kind: "skipped"; readonly runId: string }
  /** It starts when `runId`, which is to be cancelled, has ended. */
  | { readonly kind: "replaces"; readonly runId: string };

/** `holder` is the run that has not ended, if there is one. */
export function decideSingleton({ mode }: Pick<Singleton, "mode">, holder: string | null): SingletonDecision {
  if (holder === null) return { kind: "starts" };
  return { kind: mode === "skip" ? "skipped" : "replaces", runId: holder };
}
