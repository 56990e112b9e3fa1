import type { Endpoint } from "./endpoint.js";

/**
 * Requests to the runtime that show the signing key's hash, and where that is refused the fallback's. Without keys they show nothing:
 * that is development.
 */
export function authorized<Place extends Pick<Endpoint, "signingKeys" | "fetch">>(endpoint: Place): Place {
  const { signingKeys, fetch } = endpoint;
  if (signingKeys.length === 0) return endpoint;
  return {
    ...endpoint,
    async fetch(url, init) {
      for (const [index, key] of signingKeys.entries()) {
        const headers = new Headers(init?.headers);
        headers.set("authorization", `Bearer ${await showSigningKey(key)}`);
        const response = await fetch(url, { ...init, headers });
        if (response.status !== 401 || index === signingKeys.length - 1) return response;
        await response.body?.cancel();
      }
      throw new Error("internal error: no request was made");
    },
  };
}

const prefix = /^signkey-\w+-/;

/** A hash of the key's bytes under the same prefix; by Web Crypto, which every platform has. */
async function showSigningKey(key: string): Promise<string> {
  const kept = prefix.exec(key)?.[0] ?? "";
  const digits = key.slice(kept.length).match(/[0-9a-f]{2}/gi) ?? [];
  const bytes = Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return kept + Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
