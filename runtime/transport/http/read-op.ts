/** Operations that an application asks the runtime for, as the engine's own. */
import * as z from "zod";

import { NonRetriableError } from "../../define/errors.js";
import { parseDuration } from "../../manifest/duration.js";
import { readFetch, readInfer } from "../request-op.js";
import { checkWait, readTimeout } from "../step-arguments.js";
import { StepUseError } from "../step-errors.js";
import type { StepOp } from "../step-op.js";
import type { RemoteOp } from "./read-answer.js";
import { keyOfOp } from "./key-of-op.js";

const waitOpts = z.object({ timeout: z.string(), if: z.string().nullish() });
const signalOpts = z.object({
  signal: z.string().min(1).max(512),
  timeout: z.string(),
  conflict: z.enum(["fail", "replace"]).nullish(),
});
const invokeOpts = z.object({
  function_id: z.string().min(1),
  payload: z.object({ data: z.unknown().optional(), meta: z.unknown().optional() }).nullish(),
  timeout: z.string().nullish(),
});
const fetchOpts = z.object({
  url: z.string(),
  method: z.string().nullish(),
  headers: z.record(z.string(), z.string()).nullish(),
  body: z.string().nullish(),
});
const inferOpts = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()).nullish(),
  auth_key: z.string().nullish(),
  format: z.string().nullish(),
  body: z.record(z.string(), z.unknown()),
});

/** The step's key and what a person reads. */
export function nameOp(op: RemoteOp): { readonly id: string; readonly name: string | null } {
  const { id: hash, userland } = op;
  const name = op.name ?? undefined;
  const displayName = op.displayName ?? undefined;
  const own = userland ? { id: userland.id ?? undefined, index: userland.index ?? undefined } : undefined;
  const id = keyOfOp({ id: hash, name, displayName, userland: own });
  return { id, name: displayName === undefined || displayName === id ? null : displayName };
}

/**
 * Steps that the runtime itself takes. Null for an opcode that is none.
 *
 * @throws StepUseError `invalid-step-options`
 */
export function readOp(op: RemoteOp, now: number): StepOp | null {
  const named = nameOp(op);
  switch (op.op) {
    case "Sleep":
      return readSleep(op, named, now);
    case "WaitForEvent": {
      const { timeout, if: condition } = read(waitOpts, op, named.id);
      if (!op.name) throw new StepUseError("invalid-step-options", `step \`${named.id}\` names no \`event\``);
      const timeoutMs = timeout === "" ? 0 : (readTimeout(named.id, timeout, now) ?? 0);
      return {
        ...named,
        kind: "waitForEvent",
        event: op.name,
        condition: condition || null,
        timeoutMs,
        lookbackMs: null,
      };
    }
    case "WaitForSignal": {
      const { signal, timeout, conflict } = read(signalOpts, op, named.id);
      const timeoutMs = timeout === "" ? 0 : (readTimeout(named.id, timeout, now) ?? 0);
      return { ...named, kind: "waitForSignal", signal, timeoutMs, onConflict: conflict ?? "fail" };
    }
    case "InvokeFunction": {
      const { function_id: functionId, payload, timeout } = read(invokeOpts, op, named.id);
      const timeoutMs = readTimeout(named.id, timeout || null, now);
      const { data, meta } = payload ?? {};
      return { ...named, kind: "invoke", functionId, data: data ?? {}, meta, timeoutMs, cancelChildren: false };
    }
    case "Gateway": {
      const { url, method, headers, body } = read(fetchOpts, op, named.id);
      const init = { method: method ?? "GET", headers: headers ?? {}, ...(body ? { body } : {}) };
      return readFetch([{ ...named }, url, init]);
    }
    case "AIGateway": {
      const { url, headers, auth_key: authKey, format, body } = read(inferOpts, op, named.id);
      const model = { url, headers: headers ?? {}, authKey: authKey ?? "", format: format ?? "" };
      return readInfer([{ ...named }, { model, body }]);
    }
    default:
      return null;
  }
}

/** The application uses what this runtime does not know. */
export function unknownOpcode(opcode: string, stepId: string): Error {
  const shown = opcode.slice(0, 100);
  return new NonRetriableError(
    `the application answered with the operation \`${shown}\` for step \`${stepId}\`, which this runtime does not know (unknown-opcode; use a version of the SDK that the runtime supports)`,
  );
}

function readSleep(op: RemoteOp, named: { id: string; name: string | null }, now: number): StepOp {
  // SDKs write what is shorter than a second as the empty text.
  const time = op.name === "" ? 0 : (op.name ?? op.opts?.["duration"]);
  const parsed = parseDuration(time);
  if (parsed.ok) {
    checkWait(named.id, parsed.value);
    return { ...named, kind: "sleep", forMs: parsed.value, untilMs: null };
  }
  const untilMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
  if (Number.isNaN(untilMs)) {
    throw new StepUseError("invalid-step-options", `step \`${named.id}\`: ${parsed.message}`, parsed.help);
  }
  checkWait(named.id, untilMs - now);
  return { ...named, kind: "sleep", forMs: null, untilMs };
}

function read<T>(schema: z.ZodType<T>, { op, opts }: RemoteOp, id: string): T {
  const parsed = schema.safeParse(opts);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const detail = issue ? `\`${issue.path.join(".")}\`: ${issue.message}` : "its options are wrong";
  throw new StepUseError("invalid-step-options", `step \`${id}\`, operation \`${op}\`: ${detail}`);
}
