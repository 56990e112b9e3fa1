const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

let lastTime = 0;
let lastRandom: Uint8Array<ArrayBuffer> = new Uint8Array(16);

/**
 * A ULID: 48 bits of time and 80 of randomness, 26 characters that sort by time. Ids made in one millisecond by one
 * process ascend, too.
 */
export function createEventId(now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now;
    // one five-bit digit a byte
    lastRandom = crypto.getRandomValues(new Uint8Array(16)).map((byte) => byte & 31);
  } else {
    increment(lastRandom);
  }
  let time = "";
  for (let rest = lastTime, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet[rest % 32]! + time;
  let random = "";
  for (const digit of lastRandom) random += alphabet[digit]!;
  return time + random;
}

function increment(digits: Uint8Array): void {
  for (let i = digits.length - 1; i >= 0; i--) {
    if (digits[i]! < 31) {
      digits[i]!++;
      return;
    }
    digits[i] = 0;
  }
  // all digits were the highest: the next millisecond, borrowed
  lastTime++;
}
