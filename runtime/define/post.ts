import { delay } from "./delay.js";
import type { Endpoint } from "./endpoint.js";
import { StepwrightError } from "./errors.js";

const retries = 5;
const baseDelayMs = 100;

/**
 * Posts JSON and gives the answer's JSON, or null where it is none. Network errors, 408, 425, 429 and 5xx are retried
 * five times, 100 ms doubling, with jitter; the body, and with it every event's id, stays the same.
 */
export async function postWithRetries(
  url: string,
  body: string,
  endpoint: Endpoint,
  env: string | undefined,
  /** A status that says no and is no refusal: the answer is null then. */
  nobody?: number,
): Promise<unknown> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (env !== undefined) headers["x-inngest-env"] = env;
  for (let attempt = 0; ; attempt++) {
    const outcome = await post(url, { method: "POST", headers, body }, endpoint, nobody);
    if (outcome.ok) return outcome.answer;
    if (!outcome.retry || attempt === retries) throw outcome.error;
    await delay(baseDelayMs * 2 ** attempt * (0.5 + Math.random() / 2));
  }
}

type Outcome = { ok: true; answer: unknown } | { ok: false; retry: boolean; error: StepwrightError };

async function post(url: string, init: RequestInit, endpoint: Endpoint, nobody?: number): Promise<Outcome> {
  let response: Response;
  let text: string;
  try {
    response = await endpoint.fetch(url, init);
    text = await response.text();
  } catch (cause) {
    return { ok: false, retry: true, error: new StepwrightError("send-failed", describe(url, cause), { cause }) };
  }
  const answer = parse(text);
  if (response.status === nobody) return { ok: true, answer: null };
  if (response.ok) return { ok: true, answer };
  const message = `${hideKey(url)} answered ${response.status}${serverMessage(answer, text)}`;
  const retry = response.status >= 500 || [408, 425, 429].includes(response.status);
  return { ok: false, retry, error: new StepwrightError(retry ? "send-failed" : "send-refused", message) };
}

function describe(url: string, cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return `${hideKey(url)}: ${inner instanceof Error ? inner.message || inner.name : String(inner)}`;
}

/** The event key is a secret. */
const hideKey = (url: string) => url.replace(/\/e\/[^/]*$/, "/e/…");

function serverMessage(answer: unknown, text: string): string {
  const error = (answer as { error?: unknown } | null)?.error;
  const inner = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : error;
  const message = typeof inner === "string" ? inner : text.slice(0, 500);
  return message ? `: ${message}` : "";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
