import { StepUseError } from "./step-errors.js";
import { readAttemptOptions, readId, readOptions } from "./step-arguments.js";
import type { StepOp } from "./step-op.js";

/** Text or bytes as they are sent; a promise where the platform gives them only so (a Blob, a form, a Request). */
export type RequestBody = string | Uint8Array | null;

/** A request that the runtime makes for a step. */
export interface StepRequest {
  readonly url: string;
  readonly method: string;
  /** May have secrets: neither stored nor shown. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: RequestBody | Promise<RequestBody>;
  readonly redirect: "follow" | "manual" | "error";
  /** Of a model's provider: what the headers were made of. */
  readonly model?: { readonly format: string; readonly authKey: string };
  /** The caller's own signal, if any. */
  readonly signal: AbortSignal | null;
}

type RequestOp = StepOp & { kind: "fetch" | "ai" };

/** The call gives its step an id. */
export function namesFetch(args: readonly unknown[]): boolean {
  return isTarget(args[1]);
}

/** `step.fetch(id, url, init?)` and `step.fetch(url, init?)`. @throws StepUseError `invalid-step-options` */
export function readFetch(args: readonly unknown[]): RequestOp {
  const named = namesFetch(args);
  const target = named ? args[1] : args[0];
  const init = (named ? args[2] : args[1]) ?? {};
  if (!isTarget(target) || typeof init !== "object") {
    throw new StepUseError("invalid-step-options", "`step.fetch` takes a URL, and before it an id if you like");
  }
  const url = readUrl(target instanceof Request ? target.url : target);
  const { id, name } = readId(named ? args[0] : `step.fetch: ${url.hostname}`);
  const request = readRequest(id, target, url, init);
  return { kind: "fetch", id, name, request, ...(named && isRecord(args[0]) && readAttemptOptions(id, args[0])) };
}

/** `step.ai.infer(id, { model, body })`. @throws StepUseError `invalid-step-options` */
export function readInfer(args: readonly unknown[]): RequestOp {
  const { id, name } = readId(args[0]);
  const { model, body } = readOptions(id, args[1]);
  if (!isRecord(model) || typeof model["url"] !== "string") {
    throw new StepUseError(
      "invalid-step-options",
      `step \`${id}\` has no \`model\``,
      'make one: `openai({ model: "gpt-5-mini" })`, `anthropic(…)`, `gemini(…)`',
    );
  }
  if (!isRecord(body)) throw new StepUseError("invalid-step-options", `step \`${id}\` has no \`body\``);
  const called = { ...model } as Record<string, unknown> & { url: string };
  // The model completes it; the caller's own stays as it is.
  const completed = structuredClone(body);
  if (typeof model["onCall"] === "function") model["onCall"](called, completed);
  const url = readUrl(called.url);
  const headers = new Headers(isRecord(called["headers"]) ? (called["headers"] as Record<string, string>) : {});
  headers.set("content-type", "application/json");
  const key = typeof called["authKey"] === "string" ? called["authKey"] : "";
  if (key === "" && !headers.has("authorization")) {
    const variable = typeof called["authVariable"] === "string" ? called["authVariable"] : "the provider's variable";
    throw new StepUseError(
      "invalid-step-options",
      `step \`${id}\`: the model has no API key`,
      `set ${variable}, or give the model an \`apiKey\``,
    );
  }
  if (key !== "") authorize(headers, url, String(called["format"] ?? ""), key);
  const request: StepRequest = {
    url: url.href,
    method: "POST",
    headers: [...headers],
    body: JSON.stringify(completed),
    redirect: "error",
    model: { format: String(called["format"] ?? ""), authKey: key },
    signal: null,
  };
  return { kind: "ai", id, name, request, ...(isRecord(args[0]) && readAttemptOptions(id, args[0])) };
}

/** Each provider wants its key in a header of its own. */
function authorize(headers: Headers, url: URL, format: string, key: string): void {
  switch (format) {
    case "anthropic":
      headers.set("x-api-key", key);
      return;
    case "gemini":
      // The SDK's own models have it in the URL, which stands in error messages and logs.
      url.searchParams.delete("key");
      headers.set("x-goog-api-key", key);
      return;
    case "azure-openai":
      headers.set("api-key", key);
      return;
    default:
      headers.set("authorization", `Bearer ${key}`);
  }
}

/** What the handler gets: a Response, made anew from what the journal has, so that its body can be read again. */
export function toResponse(recorded: unknown): Response {
  const { url, status, statusText, headers, body, encoding } = recorded as RecordedResponse;
  const bytes = body === null ? null : encoding === "base64" ? Buffer.from(body, "base64") : body;
  const response = new Response(bytes, { status, statusText, headers: headers.map(([name, value]) => [name, value]) });
  // A Response made by hand has no URL.
  Object.defineProperty(response, "url", { value: url });
  return response;
}

/** A response as it stands in the journal. */
export interface RecordedResponse {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [string, string])[];
  /** Null where the status allows none. */
  readonly body: string | null;
  readonly encoding: "utf8" | "base64";
}

function readRequest(id: string, target: string | URL | Request, url: URL, init: object): StepRequest {
  const given = (init as RequestInit).body;
  if (given instanceof ReadableStream || (isRecord(given) && Symbol.asyncIterator in given)) {
    throw new StepUseError(
      "invalid-step-options",
      `step \`${id}\`: a stream cannot be sent again when the request has to be repeated`,
      "read it into text or bytes first",
    );
  }
  let request: Request;
  try {
    request = new Request(target instanceof Request ? target : url, init);
  } catch (error) {
    throw new StepUseError("invalid-step-options", `step \`${id}\`: ${messageOf(error)}`);
  }
  const { method, headers, redirect } = request;
  const body =
    request.body === null
      ? null
      : typeof given === "string" || given instanceof Uint8Array
        ? given
        : request.arrayBuffer().then((bytes) => new Uint8Array(bytes));
  const signal = (init as RequestInit).signal ?? null;
  return { url: url.href, method, headers: [...headers], body, redirect, signal };
}

function readUrl(value: string | URL): URL {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw new StepUseError("invalid-step-options", "a request needs an absolute URL with http: or https:");
}

function isTarget(value: unknown): value is string | URL | Request {
  return typeof value === "string" || value instanceof URL || value instanceof Request;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
