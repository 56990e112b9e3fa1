import type { Middleware } from "../../define/middleware.js";
import type { HandlerCall, HandlerEnd } from "../transport.js";
import type { Layer } from "./layer.js";

const never = new Promise<never>(() => {});

/**
 * Takes an execution through `wrapRequest`. Its result is the handler's; of a served function there is none, since its
 * request is answered. There is no HTTP request where the handler runs in the runtime's process:
 * the middleware sees the one that a served function would get, and the answer that it would give.
 */
export async function answerThrough(
  layers: readonly Layer[],
  call: HandlerCall,
  execute: () => Promise<HandlerEnd>,
): Promise<unknown> {
  const { request } = call;
  if (!request && !layers.some((layer) => layer.wrapRequest)) return settle(await execute(), null);
  let answer: HandlerEnd | null = null;
  let next = async (): Promise<Middleware.Response> => {
    answer = await execute();
    return request ? request.answer(answer) : describe(answer);
  };
  for (const layer of layers.toReversed()) {
    if (!layer.wrapRequest) continue;
    const inner = next;
    const args = {
      fn: call.definition,
      requestArgs: request?.args ?? [],
      requestInfo: request?.info ?? requestOf(call),
      runId: call.runId,
    };
    next = async () => layer.wrapRequest!({ ...args, next: inner });
  }
  const response = await next();
  if (!request) return settle(answer, response);
  request.answered(response);
  return never;
}

function settle(answer: HandlerEnd | null, response: Middleware.Response | null): unknown {
  if (answer === null) {
    const { status, body } = response ?? { status: 500, body: "" };
    throw new Error(`middleware answered the request itself, with status ${status}: ${body}`);
  }
  if (answer.kind === "gone") return never;
  if (answer.kind === "threw") throw answer.error;
  return answer.value;
}

function describe(answer: HandlerEnd): Middleware.Response {
  const headers = { "content-type": "application/json" };
  switch (answer.kind) {
    case "returned":
      return { status: 200, headers, body: bodyOf(answer.value) };
    case "threw":
      return { status: 500, headers, body: JSON.stringify({ message: String(answer.error) }) };
    case "gone":
      return { status: 206, headers, body: "[]" };
  }
}

/** A result that is no JSON makes the run fail, later and with a better message. */
function bodyOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch {
    return "null";
  }
}

function requestOf({ functionId, events, runId, attempt }: HandlerCall): Middleware.Request {
  return {
    method: "POST",
    url: new URL(`http://localhost/api/inngest?fnId=${encodeURIComponent(functionId)}`),
    headers: {},
    body: async () => ({ event: events[0], events, ctx: { fn_id: functionId, run_id: runId, attempt } }),
  };
}
