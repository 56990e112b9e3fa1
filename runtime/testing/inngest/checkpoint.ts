import { hashKey } from "../../protocol/step-hash.js";
import type { StepOp } from "../../transport/step-op.js";

/** A step as the SDK's protocol writes it. */
export interface OutgoingStep {
  /** The hash of the step's id. */
  readonly id: string;
  /** `StepPlanned`, `StepRun`, `StepError`, `Sleep`, `WaitForEvent`, `InvokeFunction`, … */
  readonly op: string;
  readonly name: string;
  readonly displayName: string;
  readonly opts?: Readonly<Record<string, unknown>>;
  readonly data?: any;
  readonly error?: any;
}

/** A point at which an execution can be stopped. */
export type Checkpoint =
  | { readonly type: "function-resolved"; readonly data: any }
  | { readonly type: "function-rejected"; readonly error: any; readonly retriable: boolean }
  | { readonly type: "steps-found"; readonly steps: readonly OutgoingStep[] }
  | { readonly type: "step-ran"; readonly step: OutgoingStep };

export type CheckpointKey = Checkpoint["type"];
export type CheckpointOf<K extends CheckpointKey> = Extract<Checkpoint, { type: K }>;

/** Every part may be missing. */
export type DeepPartial<T> = { [K in keyof T]?: T[K] extends object ? DeepPartial<T[K]> : T[K] };

const opNames: Readonly<Partial<Record<StepOp["kind"], string>>> = {
  sleep: "Sleep",
  waitForEvent: "WaitForEvent",
  invoke: "InvokeFunction",
};

/** Steps that are executed here; the others only wait for something, or are done by the runtime. */
export function isRunnable(op: StepOp): boolean {
  return op.kind === "run" || op.kind === "transaction" || op.kind === "sendEvent";
}

export function describeFound(op: StepOp, key: string): OutgoingStep {
  const { id, kind, name, body: _, through: __, rollback: ___, ...opts } = op as StepOp & Record<string, unknown>;
  return {
    id: hashKey(key),
    op: isRunnable(op) ? "StepPlanned" : (opNames[op.kind] ?? kind),
    name: typeof name === "string" ? name : id,
    displayName: typeof name === "string" ? name : id,
    opts,
  };
}

/** Whether everything in `subset` is in `actual`; ids of steps in it are as the user wrote them. */
export function matchesCheckpoint(subset: unknown, actual: Checkpoint): boolean {
  return includes(hashIds(subset), actual);
}

function hashIds(subset: unknown): unknown {
  if (typeof subset !== "object" || subset === null) return subset;
  const { step, steps } = subset as { step?: unknown; steps?: unknown };
  return {
    ...subset,
    ...(step !== undefined && { step: hashId(step) }),
    ...(Array.isArray(steps) && { steps: steps.map(hashId) }),
  };
}

function hashId(step: unknown): unknown {
  if (typeof step !== "object" || step === null) return step;
  const { id } = step as { id?: unknown };
  return typeof id === "string" ? { ...step, id: hashKey(id) } : step;
}

/** Matchers of a test runner (`expect.stringContaining`) decide for themselves. */
function includes(subset: unknown, actual: unknown): boolean {
  if (typeof subset !== "object" || subset === null) return subset === actual;
  const { asymmetricMatch } = subset as { asymmetricMatch?: unknown };
  if (typeof asymmetricMatch === "function") return Boolean(asymmetricMatch.call(subset, actual));
  if (Array.isArray(subset)) {
    return Array.isArray(actual) && subset.every((each) => actual.some((one) => includes(each, one)));
  }
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(subset).every(([key, value]) => includes(value, Reflect.get(actual, key)));
}
