import { createHmac } from "node:crypto";

/**
 * `X-Inngest-Signature` for a body: HMAC-SHA256 of it and the time in seconds, keyed by the signing key without its
 * `signkey-<env>-` prefix.
 */
export function signRequest(body: string, signingKey: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  const secret = signingKey.replace(/^signkey-\w+-/, "");
  const digest = createHmac("sha256", secret).update(body).update(String(seconds)).digest("hex");
  return `t=${seconds}&s=${digest}`;
}

/**
 * JSON whose object keys are sorted (RFC 8785): what an SDK signs again when it has only the parsed body. Numbers and
 * texts are written by `JSON.stringify` as the RFC wants them.
 */
export function canonicalJson(text: string): string {
  return JSON.stringify(sortKeys(JSON.parse(text)));
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== "object" || value === null) return value;
  const sorted: Record<string, unknown> = Object.create(null);
  for (const key of Object.keys(value).sort()) sorted[key] = sortKeys((value as Record<string, unknown>)[key]);
  return sorted;
}
