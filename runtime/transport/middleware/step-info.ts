import type { Middleware } from "../../define/middleware.js";
import { hashKey } from "../../protocol/step-hash.js";
import type { StepRequest } from "../request-op.js";
import { readDuration, readMoment } from "../step-arguments.js";
import type { StepOp } from "../step-op.js";

/** The step as middleware sees it. */
export function describeStep(op: StepOp, place: { readonly key: string; readonly recorded: boolean }) {
  const input = inputOf(op);
  const info: Middleware.StepInfo = {
    hashedId: hashKey(place.key),
    ...(input && { input }),
    memoized: place.recorded,
    options: { id: op.id, name: op.name ?? op.id },
    stepType: typeOf(op),
  };
  return info;
}

function typeOf(op: StepOp): Middleware.StepType {
  if (op.kind === "run" && op.wrapsAi) return "ai.wrap";
  if (op.kind === "run" && op.publication) return "realtime.publish";
  return stepTypes[op.kind] ?? op.kind;
}
const stepTypes: Readonly<Record<string, Middleware.StepType>> = { ai: "ai.infer" };

/** As the SDK passes it: of `invoke` and `waitForEvent` what is sent, of others the arguments. The SDK gives none of requests and signals. */
function inputOf(op: StepOp): unknown[] | undefined {
  switch (op.kind) {
    case "run":
      return op.input.length > 0 ? [...op.input] : undefined;
    case "sleep":
      return [op.forMs ?? new Date(op.untilMs!)];
    case "waitForEvent":
      return [{ timeout: op.timeoutMs, ...(op.condition !== null && { if: op.condition }) }];
    case "invoke":
      return [
        {
          function_id: op.functionId,
          payload: { data: op.data, ...(op.meta !== undefined && { meta: op.meta }) },
          ...(op.timeoutMs !== null && { timeout: op.timeoutMs }),
        },
      ];
    case "waitForSignal":
      return [{ signal: op.signal, timeout: op.timeoutMs, conflict: op.onConflict }];
    case "sendSignal":
      return [{ signal: op.signal, data: op.data }];
    case "fetch":
      return [{ url: op.request.url, method: op.request.method, headers: Object.fromEntries(op.request.headers) }];
    case "ai":
      // Without the key, which is in the headers.
      return [{ url: op.request.url, body: JSON.parse(op.request.body as string) as unknown }];
    default:
      return undefined;
  }
}

/** The step with what `transformStepInput` made of its options and input. */
export function changeStep(op: StepOp, { stepOptions, input }: Middleware.TransformStepInputArgs): StepOp {
  const id = stepOptions.id;
  const name = stepOptions.name === undefined || stepOptions.name === id ? null : stepOptions.name;
  const named = { id, name };
  const [first] = input;
  switch (op.kind) {
    case "run":
      return { ...op, ...named, input };
    case "sleep":
      return changeSleep({ ...op, ...named }, first);
    case "waitForEvent": {
      const { timeout, if: condition } = recordOf(first);
      const timeoutMs = timeout === undefined ? op.timeoutMs : readDuration(id, timeout);
      return { ...op, ...named, timeoutMs, condition: typeof condition === "string" ? condition : null };
    }
    case "invoke": {
      const { function_id: functionId, payload, timeout } = recordOf(first);
      return {
        ...op,
        ...named,
        functionId: typeof functionId === "string" ? functionId : op.functionId,
        data: recordOf(payload)["data"] ?? {},
        meta: recordOf(payload)["meta"],
        timeoutMs: timeout === undefined ? null : readDuration(id, timeout),
      };
    }
    case "waitForSignal": {
      const { signal, timeout } = recordOf(first);
      const timeoutMs = timeout === undefined ? op.timeoutMs : readDuration(id, timeout);
      return { ...op, ...named, timeoutMs, signal: typeof signal === "string" ? signal : op.signal };
    }
    case "sendSignal": {
      const { signal, data } = recordOf(first);
      return { ...op, ...named, data, signal: typeof signal === "string" ? signal : op.signal };
    }
    case "fetch":
      return { ...op, ...named, request: changeRequest(op.request, recordOf(first)) };
    case "ai": {
      const { url, body } = recordOf(first);
      return { ...op, ...named, request: { ...changeRequest(op.request, { url }), body: JSON.stringify(body) } };
    }
    default:
      return { ...op, ...named };
  }
}

function changeRequest(request: StepRequest, { url, method, headers }: Record<string, unknown>): StepRequest {
  return {
    ...request,
    ...(typeof url === "string" && { url }),
    ...(typeof method === "string" && { method }),
    ...(typeof headers === "object" && headers !== null && { headers: [...new Headers(headers as HeadersInit)] }),
  };
}

function changeSleep(op: StepOp & { kind: "sleep" }, time: unknown): StepOp {
  if (time instanceof Date) return { ...op, forMs: null, untilMs: readMoment(time)! };
  return { ...op, forMs: readDuration(op.id, time), untilMs: null };
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
