import type { Retries } from "../manifest/manifest.js";
import type { Publication } from "../define/publication.js";
import type { StepRequest } from "./request-op.js";

/** What a handler asks for, checked and normalised: the same whether it runs here or behind HTTP. */
interface OpBase {
  /** As the user wrote it; the engine adds `:n` to repeats. */
  readonly id: string;
  /** What a person reads, when it differs from the id. */
  readonly name: string | null;
  /** Takes back what the step did, when the run fails or is cancelled after it. */
  readonly rollback?: StepRollback;
  /** In place of the function's. */
  readonly retries?: Retries;
  /** So many steps with the same key execute at one time; null for this step's own. */
  readonly limit?: { readonly key: string | null; readonly concurrency: number };
  /** The branch of a race that it was asked for in. */
  readonly scope?: StepScope;
}

/** One attempt at a step, as its body gets it. */
export interface StepAttempt {
  /** Counts from 0. */
  readonly number: number;
  /** Aborted when the attempt is given up. */
  readonly signal: AbortSignal;
}

/** Why and how a rollback is called. */
export interface RollbackCall {
  /** What the run failed with; null when it was cancelled. */
  readonly error: Error | null;
  readonly cause: "failed" | "cancelled";
  /** Counts from 0. */
  readonly attempt: number;
  readonly signal: AbortSignal;
}

/** `transaction`: it is called with the store's transaction, and must not return a promise. */
export type StepRollback = { /** The step's own, where it says. */ readonly retries?: Retries } & (
  | { readonly kind: "plain"; readonly call: (result: unknown, context: RollbackCall) => unknown }
  | {
      readonly kind: "transaction";
      readonly call: (tx: unknown, result: unknown, context: RollbackCall) => unknown;
      /** Gives the result as the handler got it, of what is recorded; where middleware changes that. */
      readonly open?: (recorded: unknown) => Promise<unknown>;
    }
);

export type StepOp = OpBase &
  (
    | {
        /** `rollback`: of a completed step. */
        readonly kind: "run" | "rollback";
        readonly input: readonly unknown[];
        readonly body: (attempt: StepAttempt, input: readonly unknown[]) => unknown;
        /** How long one attempt may take, where the step says. */
        readonly timeoutMs?: number;
        /** `step.ai.wrap`. */
        readonly wrapsAi?: true;
        /**
         * `step.realtime.publish`: the message that the body has made ready. Who performs the step publishes it, once its result
         * is durable; where that cannot be known, before the result is reported.
         */
        readonly publication?: () => Publication | null;
        /** The first attempt was made elsewhere; the body gives what came of it, at once. */
        readonly executed?: true;
      }
    /** The body gets the store's transaction, which journals the step, too. */
    | {
        readonly kind: "transaction" | "rollbackTransaction";
        readonly body: (tx: unknown) => unknown;
        /** What takes time around one attempt: middleware. It has succeeded when something is committed. */
        readonly through?: (attempt: number, plan: TransactionPlan) => Promise<unknown>;
      }
    /** A request that the runtime makes: `fetch` gives a RecordedResponse, `ai` the JSON that a model has answered. */
    | {
        readonly kind: "fetch" | "ai";
        readonly request: StepRequest;
        /** Middleware around one attempt; its result is the step's. */
        readonly around?: (attempt: number, make: () => Promise<unknown>) => Promise<unknown>;
        /** How long one attempt may take, where the step says. */
        readonly timeoutMs?: number;
      }
    /** Each branch is begun once, at once; its steps bear the scope. */
    | { readonly kind: "race"; readonly branches: readonly RaceBranch[] }
    /** Exactly one of the two is given, in ms. */
    | { readonly kind: "sleep"; readonly forMs: number; readonly untilMs: null }
    | { readonly kind: "sleep"; readonly forMs: null; readonly untilMs: number }
    | {
        readonly kind: "waitForEvent";
        readonly event: string;
        /** CEL over `event` and `async`. */
        readonly condition: string | null;
        readonly timeoutMs: number;
        /** Events count, too, that were received so many ms before, and since the run was made. */
        readonly lookbackMs: number | null;
      }
    | {
        readonly kind: "waitForSignal";
        readonly signal: string;
        readonly timeoutMs: number;
        /** What happens where another step waits for it: this one fails, or takes its place. */
        readonly onConflict: "fail" | "replace";
      }
    | { readonly kind: "sendSignal"; readonly signal: string; readonly data: unknown }
    | {
        readonly kind: "invoke";
        /** With or without the app's prefix. */
        readonly functionId: string;
        readonly data: unknown;
        /** Goes with the event that the other function gets. */
        readonly meta?: unknown;
        readonly timeoutMs: number | null;
        /** The invoked run is cancelled with this one. */
        readonly cancelChildren: boolean;
      }
    | {
        readonly kind: "sendEvent";
        readonly events: readonly unknown[];
        /** Middleware around the sending; its result is the step's. Null: the events are sent as they are. */
        readonly through: ((attempt: number, send: SendPlan) => Promise<unknown>) | null;
      }
  );

/**
 * One attempt at a transaction. While it is open nothing can be awaited, so that what middleware makes of the result has to
 * be known before.
 */
export interface TransactionPlan {
  /** Calls the body in the transaction that journals what it returns. */
  execute(): Promise<unknown>;
  /** Calls the body in a transaction that is taken back. @throws what the body throws */
  rehearse(): Promise<Rehearsal>;
  /**
   * The statements of the rehearsal and `record` as the step's result, in one transaction. False, and nothing is stored, when
   * the database answers them otherwise by now.
   */
  commit(rehearsal: Rehearsal | null, record: unknown): Promise<boolean>;
}

/** What the body would return, and how. */
export interface Rehearsal {
  readonly value: unknown;
}

/** Sends the events with the step's result, in one transition; the ids are known before. */
export type SendPlan = (events: readonly unknown[]) => Promise<{ ids: string[] }>;
export interface RaceBranch {
  readonly name: string;
  readonly begin: (scope: StepScope) => Promise<unknown>;
}

/** One branch of a race: when another branch has won, its steps count no more. Made by the host. */
export interface StepScope {
  readonly parent: StepScope | null;
  readonly lost: boolean;
}

/** What a handler's step tools talk to. */
export interface StepHost {
  /**
   * Performs the step, or gives its recorded result. The promise settles in the order of the journal, and never when
   * the handler has been let go.
   */
  perform(op: StepOp): Promise<unknown>;
}
