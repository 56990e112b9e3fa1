import { createHash } from "node:crypto";

/** The wire form of a step's key. */
export function hashKey(key: string): string {
  return createHash("sha1").update(key).digest("hex");
}

/** How the protocol names a step: SHA-1 (hex) of its key. A key that is no text of the user's is the hash itself. */
export function hashOfKey(key: string): string {
  return isHash(key) ? key : hashKey(key);
}

const isHash = (key: string): boolean => /^[0-9a-f]{40}$/.test(key);
