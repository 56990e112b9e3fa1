import { createHash, timingSafeEqual } from "node:crypto";

import { RequestError } from "./request-error.js";

const digest = (key: string) => createHash("sha256").update(key).digest();

/**
 * A check of the key in `/e/:key`. Without configured keys any will do: that is development. The comparison takes the same time
 * whatever part of a key is right.
 */
export function makeEventKeyCheck(keys: readonly string[]): (key: string) => void {
  if (keys.length === 0) return () => {};
  const known = keys.map(digest);
  return (key) => {
    const given = digest(key);
    let found = false;
    for (const each of known) if (timingSafeEqual(each, given)) found = true;
    if (found) return;
    throw new RequestError(
      401,
      "unknown-event-key",
      "this event key is not accepted here",
      "send with a key that the server was started with (`--event-key`)",
    );
  };
}
