import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.js";

const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * ULIDs (https://github.com/ulid/spec): 10 characters of time, 16 of randomness, in Crockford's base 32. Those of one
 * maker are in the order in which they were made, within a millisecond too.
 */
export function createIdMaker(clock: Clock, random: (bytes: number) => Uint8Array = randomBytes): () => string {
  // Eight characters that are this process's own, then a counter: one id costs no system call. W1 makes 30,000 a second.
  const own = encodeBytes(random(8));
  let lastMs = -1;
  let timePart = "";
  let counter = 0;
  return () => {
    const now = Math.max(clock.now(), lastMs);
    if (now !== lastMs) {
      lastMs = now;
      timePart = encodeNumber(now, 10);
      counter = 0;
    }
    return timePart + encodeNumber(counter++, 8) + own;
  };
}

function encodeBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += alphabet[byte & 31];
  return text;
}

function encodeNumber(value: number, length: number): string {
  let text = "";
  let rest = value;
  for (let i = 0; i < length; i++) {
    text = alphabet[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
