import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * What lets somebody without a key fetch the result of one run: who has sent the request that the run is for. It counts as long as the
 * runtime has the signing key. Without signing keys everybody may read every run, and it keeps nobody out.
 */
export function makeRunToken(runId: string, keys: readonly string[]): string {
  return macOf(runId, keys[0] ?? "").toString("base64url");
}

/** Compared in constant time; after a rotation, tokens of the old key count for as long as that one does. */
export function isRunToken(token: string, runId: string, keys: readonly string[]): boolean {
  const given = Buffer.from(token, "base64url");
  const known = keys.length === 0 ? [""] : keys;
  return known.some((key) => {
    const mac = macOf(runId, key);
    return mac.length === given.length && timingSafeEqual(mac, given);
  });
}

const macOf = (runId: string, key: string): Buffer => createHmac("sha256", key).update(`output of ${runId}`).digest();
