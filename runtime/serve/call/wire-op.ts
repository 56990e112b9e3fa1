import type { StepOp } from "../../transport/step-op.js";
import { StepUseError } from "../../transport/step-errors.js";
import { timeString } from "../time-string.js";
import type { FoundStep } from "./found-step.js";
import { describeInference, describeRequest } from "./gateway.js";

/** One operation as the runtime reads it. */
export interface WireOp {
  readonly id: string;
  readonly op: string;
  readonly name?: string;
  readonly displayName?: string;
  readonly opts?: Readonly<Record<string, unknown>>;
  /** The id as the application wrote it; `index` of its repeats. */
  readonly userland?: { readonly id: string; readonly index?: number };
  readonly data?: unknown;
  readonly error?: unknown;
  /** Nanoseconds: begin since 1970, and length. */
  readonly timing?: { readonly a: number; readonly b: number };
}

/** The step is asked for, and has not been executed. @throws StepUseError `unsupported-step` */
export async function planOp(step: FoundStep): Promise<WireOp> {
  return { ...(await describeOp(step)), data: null };
}

/** The step with what it is, without what came of it. */
export async function describeOp(step: FoundStep): Promise<WireOp> {
  const { op, hash, index } = step;
  const { name, code, opts } = await describe(op);
  return {
    displayName: op.name ?? op.id,
    op: code,
    id: hash,
    ...(name !== null && { name }),
    opts: {
      ...opts,
      ...(step.input !== undefined && { input: step.input }),
      // So that the runtime calls after each of its steps.
      ...(op.scope && { parallelMode: "race" }),
    },
    userland: { id: op.id, ...(index > 0 && { index }) },
  };
}

interface Description {
  readonly code: string;
  readonly name: string | null;
  readonly opts: Readonly<Record<string, unknown>>;
}

/** Done by this process, where the runtime asks for it. */
export const isExecutable = ({ kind }: StepOp): boolean =>
  kind === "run" || kind === "sendEvent" || kind === "sendSignal";

async function describe(op: StepOp): Promise<Description> {
  switch (op.kind) {
    case "run":
      return {
        code: "StepPlanned",
        name: op.id,
        opts: {
          ...(op.wrapsAi && { type: "step.ai.wrap" }),
          ...(op.publication && { type: "step.realtime.publish" }),
          ...(op.input.length > 0 && { input: op.input }),
        },
      };
    case "sendEvent":
      return { code: "StepPlanned", name: "sendEvent", opts: { type: "step.sendEvent" } };
    // Only its end is told.
    case "race":
      return { code: "StepRun", name: op.id, opts: {} };
    case "sendSignal":
      return { code: "StepPlanned", name: "sendSignal", opts: { type: "step.sendSignal", signal: op.signal } };
    case "waitForSignal":
      return {
        code: "WaitForSignal",
        name: op.signal,
        opts: { signal: op.signal, timeout: timeString(op.timeoutMs), conflict: op.onConflict },
      };
    case "sleep":
      return {
        code: "Sleep",
        name: op.forMs === null ? new Date(op.untilMs).toISOString() : timeString(op.forMs),
        opts: {},
      };
    case "waitForEvent":
      return {
        code: "WaitForEvent",
        name: op.event,
        opts: { timeout: timeString(op.timeoutMs), ...(op.condition !== null && { if: op.condition }) },
      };
    case "invoke":
      return {
        code: "InvokeFunction",
        name: null,
        opts: {
          payload: { data: op.data, ...(op.meta !== undefined && { meta: op.meta }) },
          function_id: op.functionId,
          ...(op.timeoutMs !== null && { timeout: timeString(op.timeoutMs) }),
          ...(op.cancelChildren && { cancelChildren: true }),
        },
      };
    case "fetch":
      return { code: "Gateway", name: null, opts: await describeRequest(op.request) };
    case "ai":
      return { code: "AIGateway", name: null, opts: describeInference(op.request) };
    default:
      throw unsupported(op);
  }
}

/** What only a runtime in the same process can do, and the protocol cannot say. */
export function unsupported(op: StepOp): StepUseError {
  const what = op.rollback
    ? "has a `rollback`, which"
    : op.limit
      ? "has a `limit`, which"
      : op.kind === "waitForEvent"
        ? "has a `lookback`, which"
        : `is of kind \`${op.kind}\`, which`;
  const detail = `step \`${op.id}\` ${what} needs the runtime in the same process`;
  return new StepUseError("unsupported-step", detail, "run the function with `stepwright start` in place of `serve`");
}
