import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import * as z from "zod";

import { checkTopics, type Topic } from "./hub.js";
import { RealtimeError } from "./realtime-error.js";

/** How long a token may be shown for the first time: a subscription that it has begun goes on. */
const validForMs = 60_000;
/** A token stands in a URL, and HTTP servers bound what comes before the body. */
const longestToken = 8_000;

const claimsSchema = z.object({
  exp: z.number(),
  topics: z.array(z.object({ channel: z.string(), name: z.string() })),
});

/** JSON Web Tokens (HS256) that allow to subscribe to certain topics and nothing else. */
export class SubscriptionTokens {
  readonly #secrets: readonly [Buffer, ...Buffer[]];

  /**
   * Tokens are signed by the first key and taken with any: all processes with the same keys take each other's. Without keys, only
   * this process takes them.
   */
  constructor(keys: readonly string[]) {
    const [first = randomBytes(32), ...others] = keys.map(secretOf);
    this.#secrets = [first, ...others];
  }

  /** `now` and `forMs` in ms; default: one minute. @throws RealtimeError `invalid-channel`, `invalid-topics` */
  create(topics: readonly Topic[], now: number, forMs = validForMs): string {
    checkTopics(topics);
    const claims = {
      iss: "stepwright",
      iat: Math.floor(now / 1000),
      exp: Math.ceil((now + forMs) / 1000),
      topics: topics.map(({ channel, name }) => ({ kind: "run", channel, name })),
    };
    const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
    const token = `${signed}.${sign(this.#secrets[0], signed).toString("base64url")}`;
    if (token.length <= longestToken) return token;
    throw new RealtimeError("invalid-topics", `the token would have ${token.length} characters`);
  }

  /** The topics that the token allows. @throws RealtimeError `invalid-token` */
  read(token: string, now: number): readonly Topic[] {
    const [header = "", payload = "", signature = "", more] = token.length <= longestToken ? token.split(".") : [];
    const given = Buffer.from(signature, "base64url");
    const signed = `${header}.${payload}`;
    // Whatever the header names: only this algorithm is computed.
    const genuine = this.#secrets.some((secret) => isEqual(sign(secret, signed), given));
    if (!genuine || more !== undefined)
      throw new RealtimeError("invalid-token", "the token is not one of this runtime");
    // We have written it.
    const claims = claimsSchema.parse(JSON.parse(Buffer.from(payload, "base64url").toString()));
    if (claims.exp * 1000 <= now) throw new RealtimeError("invalid-token", "the token is not valid any more");
    return claims.topics;
  }
}

/** Not the key itself: what else is signed with that must not pass for a token. */
const secretOf = (key: string): Buffer => createHash("sha256").update(`realtime-token:${key}`).digest();

const sign = (secret: Buffer, text: string): Buffer => createHmac("sha256", secret).update(text).digest();
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const isEqual = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
