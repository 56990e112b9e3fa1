/** What a handler asks for, checked and normalised: the same whether it runs here or behind HTTP. */
interface OpBase {
  /** As the user wrote it; the engine adds `:n` to repeats. */
  readonly id: string;
  /** What a person reads, when it differs from the id. */
  readonly name: string | null;
}

export type StepOp = OpBase &
  (
    | { readonly kind: "run"; readonly body: () => unknown }
    /** Exactly one of the two is given, in ms. */
    | { readonly kind: "sleep"; readonly forMs: number; readonly untilMs: null }
    | { readonly kind: "sleep"; readonly forMs: null; readonly untilMs: number }
    | {
        readonly kind: "waitForEvent";
        readonly event: string;
        /** CEL over `event` and `async`. */
        readonly condition: string | null;
        readonly timeoutMs: number;
      }
    | {
        readonly kind: "invoke";
        /** With or without the app's prefix. */
        readonly functionId: string;
        readonly data: unknown;
        readonly timeoutMs: number | null;
      }
    | { readonly kind: "sendEvent"; readonly events: readonly unknown[] }
  );

/** What a handler's step tools talk to. */
export interface StepHost {
  /**
   * Performs the step, or gives its recorded result. The promise settles in the order of the journal, and never when
   * the handler has been let go.
   */
  perform(op: StepOp): Promise<unknown>;
}
