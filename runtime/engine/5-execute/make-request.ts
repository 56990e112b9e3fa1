import { NonRetriableError, RetryAfterError } from "../../define/errors.js";
import type { RecordedResponse, StepRequest } from "../../transport/request-op.js";
import { StepUseError } from "../../transport/step-errors.js";

/** So much of a refusal stands in the error. */
const quotedCharacters = 500;
/** These have no body (https://fetch.spec.whatwg.org/#null-body-status). */
const bodiless: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** Headers that carry keys. */
const secretHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "api-key",
  "x-api-key",
  "x-goog-api-key",
]);

export interface RequestLimits {
  /** The response's body may have so many bytes; reading ends there. */
  readonly bytes: number;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/**
 * Makes the request once. Network errors, 429 and 5xx throw errors that are worth another attempt; after `Retry-After`
 * (seconds or a date, RFC 9110 section 10.2.3), where the answer has one. Any other answer is a result.
 *
 * @throws StepUseError `step-result-too-large`
 */
export async function makeRequest(request: StepRequest, limits: RequestLimits): Promise<RecordedResponse> {
  const { url, method, headers, redirect } = request;
  const signal = request.signal ? AbortSignal.any([request.signal, limits.signal]) : limits.signal;
  const response = await send(request, {
    method,
    headers: headers.map(([name, value]) => [name, value]),
    body: toBody(await request.body),
    redirect,
    signal,
  });
  if (response.status === 429 || response.status >= 500) {
    const message = `${method} ${withoutSecrets(url)} answered ${describe(response)}: ${redact(await quote(response), request)}`;
    const wait = readRetryAfter(response.headers.get("retry-after"), limits.now());
    throw wait === null ? new Error(message) : new RetryAfterError(message, wait);
  }
  const bytes = bodiless.has(response.status) ? null : await readBody(response, limits.bytes, withoutSecrets(url));
  return {
    url: response.url || url,
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers],
    ...encode(bytes),
  };
}

/** The JSON answer of a model's provider. What it refuses (400, 401, …) it would refuse again. @throws NonRetriableError */
export async function infer(request: StepRequest, limits: RequestLimits): Promise<unknown> {
  const answer = await makeRequest(request, limits);
  const text = answer.body ?? "";
  const from = `${request.method} ${withoutSecrets(request.url)}`;
  if (answer.status < 200 || answer.status > 299) {
    const said = redact(text, request).slice(0, quotedCharacters);
    throw new NonRetriableError(`${from} answered ${describe(answer)}: ${said}`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const said = redact(text, request).slice(0, quotedCharacters);
    throw new Error(`${from} did not answer with JSON: ${said}`, { cause });
  }
}

async function send(request: StepRequest, init: RequestInit): Promise<Response> {
  try {
    return await fetch(request.url, init);
  } catch (error) {
    if (request.signal?.aborted) {
      // It stays aborted: another attempt would end in the same way.
      throw new NonRetriableError(`${request.method} ${withoutSecrets(request.url)} was aborted by its \`signal\``, {
        cause: error,
      });
    }
    if (init.signal?.aborted) throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message || cause.name : String(cause);
    throw new Error(`${request.method} ${withoutSecrets(request.url)} failed: ${why}`, { cause });
  }
}

/** Never the whole of a body that is too large. */
async function readBody(response: Response, limit: number, url: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    // Leaving the loop cancels the stream.
    if (size > limit) {
      const announced = response.headers.get("content-length");
      const told = announced === null ? `more than ${limit}` : announced;
      throw new StepUseError("step-result-too-large", `the answer of ${url} has ${told} bytes, the limit is ${limit}`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function encode(bytes: Uint8Array | null): Pick<RecordedResponse, "body" | "encoding"> {
  if (bytes === null) return { body: null, encoding: "utf8" };
  try {
    return { body: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), encoding: "utf8" };
  } catch {
    return { body: Buffer.from(bytes).toString("base64"), encoding: "base64" };
  }
}

async function quote(response: Response): Promise<string> {
  try {
    const text = new TextDecoder().decode(await readBody(response, 64 * 1024, ""));
    return text.slice(0, quotedCharacters) || "(no body)";
  } catch {
    return "(no readable body)";
  }
}

/** In ms from now; null where the header is missing or says nothing. */
function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null || header.trim() === "") return null;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1_000;
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? null : Math.max(0, moment - now);
}

function toBody(body: string | Uint8Array | null): BodyInit | null {
  // A view of bytes that the caller may share; fetch copies it.
  return body as BodyInit | null;
}

function describe({ status, statusText }: { readonly status: number; readonly statusText: string }): string {
  return statusText === "" ? String(status) : `${status} ${statusText}`;
}

/** Some servers repeat the key that they refuse. */
function redact(text: string, { headers }: StepRequest): string {
  let clean = text;
  for (const [name, value] of headers) {
    if (!secretHeaders.has(name)) continue;
    const secret = value.replace(/^(?:Bearer|Basic) /i, "");
    if (secret.length >= 8) clean = clean.replaceAll(secret, "…");
  }
  return clean;
}

/** Query and credentials are where keys stand. */
function withoutSecrets(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
