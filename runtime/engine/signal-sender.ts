import { StepUseError } from "../transport/step-errors.js";
import type { StepRecord } from "../store/records.js";
import type { Clock } from "./clock.js";
import type { Committer } from "./committer.js";
import { type EngineLimits, RuntimeError } from "./engine.js";
import { writeSignal } from "./signal-output.js";

const longestName = 512;

export interface SignalServices {
  readonly clock: Clock;
  readonly committer: Committer;
  readonly limits: EngineLimits;
  stopped(): boolean;
  /** A step that waited has its result, in the store. */
  resolved(step: StepRecord): void;
}

/** Sends signals from outside of runs. */
export class SignalSender {
  constructor(readonly services: SignalServices) {}

  /** As `Engine.sendSignal`. */
  async send(signal: string, data: unknown): Promise<{ runId: string | null }> {
    const { clock, committer, limits, stopped, resolved } = this.services;
    if (stopped()) throw new RuntimeError("stopping", "the runtime is stopping", "send again when it is back");
    if (typeof signal !== "string" || signal === "" || signal.length > longestName) {
      const help = `give \`signal\` a text of 1 to ${longestName} characters`;
      throw new RuntimeError("invalid-signal", "the signal has no name, or a long one", help);
    }
    const output = toOutput(signal, data, limits);
    const outcome = await committer.commit([{ kind: "signal", signal, output, now: clock.now(), settle: null }]);
    const result = outcome.ok ? outcome.results[0] : undefined;
    if (result?.kind !== "signal" || !result.resolved) return { runId: null };
    resolved(result.resolved);
    return { runId: result.resolved.runId };
  }
}

function toOutput(signal: string, data: unknown, limits: EngineLimits): string {
  try {
    return writeSignal(signal, data, limits);
  } catch (error) {
    if (!(error instanceof StepUseError)) throw error;
    throw new RuntimeError("invalid-signal", error.message, error.help, { cause: error });
  }
}
