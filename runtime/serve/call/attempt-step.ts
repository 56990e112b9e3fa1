import type { EventPayload } from "../../define/event-payload.js";
import type { Publication } from "../../define/publication.js";
import { formatDuration } from "../../manifest/duration.js";
import type { Clock } from "../../engine/clock.js";
import { writeJson } from "../../engine/json.js";
import { StepUseError } from "../../transport/step-errors.js";
import type { SendPlan, StepOp } from "../../transport/step-op.js";
import type { CallRequest } from "./call-request.js";
import type { FoundStep } from "./found-step.js";
import { toWireData } from "../../transport/rich-data.js";
import { type Retriable, retriableOf } from "./retriable.js";
import { unsupported, type WireOp } from "./wire-op.js";

type Timing = NonNullable<WireOp["timing"]>;

/** What came of one attempt. `value` is JSON, as it is recorded. */
export type Attempted =
  | { readonly ok: true; readonly value: unknown; readonly timing?: Timing }
  | { readonly ok: false; readonly error: unknown; readonly retriable: Retriable; readonly timing?: Timing };

export interface StepServices {
  readonly clock: Clock;
  /** Sends events over HTTP, without middleware. */
  readonly send: (events: readonly EventPayload[]) => Promise<{ ids: string[] }>;
  readonly publish: (publication: Publication) => Promise<void>;
  readonly signalOthers: (signal: string, data: unknown) => Promise<unknown>;
  /** The largest result, in bytes of JSON. */
  readonly stepBytes: number;
  /** Results keep what JSON cannot say. */
  readonly rich: boolean;
  /** How long an attempt may take where the step does not say; null: without limit. */
  readonly timeoutMs: number | null;
  /** Aborted when the request is given up. */
  readonly signal: AbortSignal;
}

/** Executes the step once. Never throws. */
export async function attemptStep(step: FoundStep, call: CallRequest, services: StepServices): Promise<Attempted> {
  const startedAt = services.clock.now();
  const timing = (): Timing => {
    const length = services.clock.now() - startedAt;
    return { a: startedAt * 1e6, b: length * 1e6 };
  };
  try {
    const value = await perform(step, call.attempt, services);
    const publication = step.op.kind === "run" ? step.op.publication?.() : null;
    // The runtime may ask again when the answer is lost on the way: this is at least once.
    if (publication) await services.publish(publication);
    const text = writeJson(value, `the result of step \`${step.key}\``, services.stepBytes, services.rich);
    return { ok: true, value: toWireData(text), timing: timing() };
  } catch (error) {
    return { ok: false, error, retriable: retriableStep(step.op, error, call), timing: timing() };
  }
}

/** A step may have fewer or more attempts than its function. */
function retriableStep(op: StepOp, error: unknown, call: CallRequest): Retriable {
  const maxAttempts = op.retries ? op.retries.limit + 1 : call.maxAttempts;
  return retriableOf(error, { attempt: call.attempt, maxAttempts });
}

async function perform({ op, input }: FoundStep, attempt: number, services: StepServices): Promise<unknown> {
  if (op.kind === "sendEvent") {
    // The step tools' arguments, which `send` checks.
    const send: SendPlan = (events) => services.send(events as readonly EventPayload[]);
    return op.through ? op.through(attempt, send) : send(op.events);
  }
  if (op.kind === "sendSignal") return services.signalOthers(op.signal, op.data);
  if (op.kind !== "run") throw unsupported(op);
  const limitMs = op.timeoutMs ?? services.timeoutMs;
  const given = Array.isArray(input) ? input : op.input;
  if (limitMs === null) return op.body({ number: attempt, signal: services.signal }, given);
  const abortion = new AbortController();
  const signal = AbortSignal.any([services.signal, abortion.signal]);
  return new Promise((resolve, reject) => {
    const cancel = services.clock.after(limitMs, () => {
      const allowed = formatDuration(limitMs);
      const error = new StepUseError("step-timeout", `step \`${op.id}\` has not settled within ${allowed}`);
      abortion.abort(error);
      reject(error);
    });
    // The body may throw at once.
    Promise.resolve()
      .then(() => op.body({ number: attempt, signal }, given))
      .then(resolve, reject)
      .finally(cancel);
  });
}
