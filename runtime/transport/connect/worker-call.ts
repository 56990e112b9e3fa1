/** One request on its way through the gateway. */
import { randomUUID } from "node:crypto";

import { AnswerTooLargeError, type PostAnswer, type PostRequest, UnreachableError } from "../http/post.js";
import { type Reply, replyStatus } from "./wire/messages.js";
import type { WorkerSession } from "./worker-session.js";

/** Where a call is: it waits for a worker; a worker has been asked; a worker has taken it on, and has it until its lease ends. */
type Place =
  | { readonly kind: "waiting" }
  | { readonly kind: "offered"; readonly session: WorkerSession; readonly until: number }
  /** The worker may come back by another connection. */
  | { readonly kind: "leased"; readonly session: WorkerSession | null; readonly until: number }
  | { readonly kind: "settled" };

/** So many workers may let it lie before it counts as failed. */
const mostOffers = 3;

export class WorkerCall {
  place: Place = { kind: "waiting" };
  /** A new one each time that a worker is asked: an answer to an earlier one is not meant. */
  requestId = "";
  leaseId = "";
  /** It has not been taken on by that one. */
  refusedBy: WorkerSession | null = null;
  whenSettled: () => void = () => {};
  #offers = 0;
  /** When the request is too old, in ms since 1970; from the first time that a worker was asked. */
  expiresAt = Number.POSITIVE_INFINITY;
  readonly #resolve: (answer: PostAnswer) => void;
  readonly #reject: (error: Error) => void;

  constructor(
    readonly request: PostRequest,
    readonly appId: string,
    readonly functionId: string,
    /** When it began to wait, in ms since 1970. */
    readonly since: number,
    settle: { readonly resolve: (answer: PostAnswer) => void; readonly reject: (error: Error) => void },
  ) {
    this.#resolve = settle.resolve;
    this.#reject = settle.reject;
  }

  get session(): WorkerSession | null {
    return this.place.kind === "offered" || this.place.kind === "leased" ? this.place.session : null;
  }

  offer(session: WorkerSession, now: number, ackMs: number): void {
    this.requestId = randomUUID();
    this.leaseId = randomUUID();
    this.#offers++;
    if (this.expiresAt === Number.POSITIVE_INFINITY) this.expiresAt = now + this.request.timeoutMs;
    this.place = { kind: "offered", session, until: now + ackMs };
  }

  lease(session: WorkerSession | null, until: number): void {
    this.place = { kind: "leased", session, until };
  }

  /** Nobody has taken it on: whether another worker may be asked. */
  giveBack(): boolean {
    this.refusedBy = this.session;
    this.place = { kind: "waiting" };
    return this.#offers < mostOffers;
  }

  answer(reply: Reply): void {
    const { limit } = this.request;
    if (reply.body.byteLength > limit) {
      return this.fail(
        new AnswerTooLargeError(`the answer of a worker of \`${this.appId}\` has more than ${limit} bytes`),
      );
    }
    this.place = { kind: "settled" };
    this.#resolve(toAnswer(reply));
  }

  fail(error: Error): void {
    this.place = { kind: "settled" };
    this.#reject(error);
  }

  failUnreachable(why: string): void {
    this.fail(new UnreachableError(why));
  }
}

/** As it would have come over HTTP. SDKs say `done` of a handler that has failed for good, too. */
function toAnswer({ status, body, noRetry, retryAfter, sdkVersion, requestVersion }: Reply): PostAnswer {
  return {
    status: statusOf(status, noRetry),
    headers: {
      "x-inngest-sdk": sdkVersion || "connect",
      "x-inngest-req-version": String(requestVersion),
      ...(noRetry && { "x-inngest-no-retry": "true" }),
      ...(retryAfter !== "" && { "retry-after": retryAfter }),
    },
    body: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"),
  };
}

function statusOf(status: number, noRetry: boolean): number {
  switch (status) {
    case replyStatus.notCompleted:
      return 206;
    case replyStatus.done:
      return noRetry ? 400 : 200;
    default:
      return 500;
  }
}
