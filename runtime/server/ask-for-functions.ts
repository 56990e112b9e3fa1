import { canonicalJson } from "../protocol/canonical-json.js";
import { sign } from "../protocol/signing-key.js";
import { type Registration, registrationSchema } from "../codegen/remote-application.js";
import { RequestError } from "./request-error.js";
import { parseSafeJson } from "./safe-json.js";

/** An application that does not answer in that time is not there, in ms. */
const syncTimeoutMs = 5_000;
/** Bytes of an answer. */
const largestRegistration = 8 * 1024 * 1024;

/**
 * What the application at that URL answers to an in-band sync; null: it has registered itself instead. The first of the
 * keys that it accepts signs the request. @throws RequestError `sync-failed`
 */
export async function askForFunctions(
  url: string,
  signingKeys: readonly string[],
  nowMs: number,
): Promise<Registration | null> {
  const where = url.replace(/\?.*/, "");
  const failed = (why: string): RequestError =>
    new RequestError(
      502,
      "sync-failed",
      `${where} ${why}`,
      "check that the application runs and serves its functions there",
    );
  let status: number;
  let text: string;
  try {
    let response = await ask(url, signingKeys[0], nowMs);
    for (const other of signingKeys.slice(1)) {
      if (response.status !== 401) break;
      await response.body?.cancel();
      response = await ask(url, other, nowMs);
    }
    status = response.status;
    text = await readText(response);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw failed(`could not be reached: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (status === 401) throw failed("does not accept the signing key of this runtime");
  if (status !== 200) throw failed(`answered its sync with ${status}: ${text.slice(0, 300)}`);
  let body: unknown;
  try {
    body = parseSafeJson(text, "the answer");
  } catch {
    throw failed("does not answer as an SDK does");
  }
  const parsed = registrationSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  // Out of band: it has called `/fn/register`, and tells what came of it.
  if (typeof body === "object" && body !== null && "modified" in body) return null;
  const [issue] = parsed.error.issues;
  throw failed(`describes its functions in a way that is not understood: ${issue?.path.join(".")}: ${issue?.message}`);
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.byteLength;
    if (size > largestRegistration) throw new Error(`its answer has more than ${largestRegistration} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function ask(url: string, key: string | undefined, nowMs: number): Promise<Response> {
  const body = canonicalJson({ url });
  return fetch(url, {
    method: "PUT",
    headers: {
      "content-type": "application/json",
      "x-inngest-sync-kind": "in_band",
      "x-inngest-server-kind": key === undefined ? "dev" : "cloud",
      ...(key !== undefined && { "x-inngest-signature": sign(body, key, nowMs) }),
    },
    body,
    redirect: "follow",
    signal: AbortSignal.timeout(syncTimeoutMs),
  });
}
