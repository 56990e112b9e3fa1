import type { StepOp } from "../step-op.js";
import type { RecordedStep } from "../transport.js";

/** Asks for a step whose result is recorded: of the tool it was, and with nothing to do. */
export function recordedOp({ key: id, kind }: RecordedStep): StepOp {
  const base = { id, name: null };
  switch (kind) {
    case "sleep":
      return { ...base, kind, forMs: 0, untilMs: null };
    case "waitForEvent":
      return { ...base, kind, event: "", condition: null, timeoutMs: 0, lookbackMs: null };
    case "waitForSignal":
      return { ...base, kind, signal: "", timeoutMs: 0, onConflict: "fail" };
    case "invoke":
      return { ...base, kind, functionId: "", data: {}, timeoutMs: null, cancelChildren: false };
    case "fetch":
    case "ai":
      return {
        ...base,
        kind,
        request: { url: "", method: "GET", headers: [], body: null, redirect: "error", signal: null },
      };
    default:
      return { ...base, kind: "run", input: [], body: notRecorded };
  }
}

function notRecorded(): never {
  throw new Error("internal error: a recorded step is executed");
}
