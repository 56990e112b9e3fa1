import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** A worker that has been told where to connect does so within this time, in ms. */
const validForMs = 60_000;

/**
 * Says to the gateway that a connection was asked for with the right key. Nothing is kept for those that never come: a token
 * is the time at which it ends, and a code over it and the connection's id, by a secret of this process.
 */
export class SessionTokens {
  readonly #secret = randomBytes(32);

  create(connectionId: string, now: number): string {
    const until = String(now + validForMs);
    return `${until}.${this.#codeOf(connectionId, until)}`;
  }

  isValid(token: string, connectionId: string, now: number): boolean {
    const [until = "", code = "", more] = token.split(".");
    if (more !== undefined || !/^\d{1,16}$/.test(until) || !(Number(until) >= now)) return false;
    const given = Buffer.from(code, "hex");
    const expected = Buffer.from(this.#codeOf(connectionId, until), "hex");
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  #codeOf(connectionId: string, until: string): string {
    return createHmac("sha256", this.#secret).update(`${until}.${connectionId}`).digest("hex");
  }
}
