import { randomUUID } from "node:crypto";

import { canonicalJson } from "../../protocol/canonical-json.js";
import { NonRetriableError } from "../../define/errors.js";
import { findSigner, sign } from "../../protocol/signing-key.js";
import { appOfWorkerUrl } from "../../define/worker-url.js";
import { PostponedError } from "../postponed.js";
import { CircuitBreaker } from "./circuit-breaker.js";
import { AnswerTooLargeError, type PostAnswer, type Poster } from "./post.js";
import { type Answer, readAnswer } from "./read-answer.js";

export interface RemoteAppOptions {
  readonly poster: Poster;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Requests are signed with the first that the application takes; none: they are not, which SDKs take in development only. */
  readonly signingKeys: readonly string[];
  /** Told which build of the application has answered, at `where` without its query. */
  readonly manifestSeen: ((where: string, hash: string) => void) | null;
  /** How long one request may take, in ms. */
  readonly requestTimeoutMs: number;
  /** Bytes of an answer. */
  readonly answerBytes: number;
  /** So many requests may be on their way or wait for a connection; further runs are put back to the queue. */
  readonly callsAtOnce: number;
}

/** Not 303: that asks for another method. */
const movedStatuses: ReadonlySet<number> = new Set([301, 302, 307, 308]);
const mostRedirects = 5;

/** How long a run waits that found too many others calling the same application, in ms. */
const crowdedMs = 250;

export interface RemoteCall {
  /** What the function registered. */
  readonly url: string;
  /** The hash of the step to be executed; `step` for whatever comes next. */
  readonly stepId: string;
  readonly runId: string;
  /** Where its spans belong. */
  readonly traceparent: string;
  /** JSON, but for an endpoint. */
  readonly body: string;
  readonly signal: AbortSignal;
  /** The request that has begun the run is made again; what the runtime has to say is in its headers. */
  readonly endpoint?: {
    readonly method: string;
    readonly contentType: string;
    /** In place of the body. */
    readonly signed: string;
    /** As `plansOnly` of other requests. */
    readonly plansOnly: boolean;
  };
}

/** One application: its breaker, how much it has to do, and the key that it takes. */
export class RemoteApp {
  readonly #breaker = new CircuitBreaker();
  #calls = 0;
  /** In the list of signing keys. While keys are rotated, an application may still have the other one. */
  #key = 0;

  constructor(readonly options: RemoteAppOptions) {}

  /** @throws PostponedError while it cannot be called; what the call comes to is an answer in any case. */
  async call(call: RemoteCall): Promise<Answer> {
    const { now, callsAtOnce, signingKeys } = this.options;
    const url = new URL(call.url);
    const workersOf = appOfWorkerUrl(url);
    const where = workersOf === null ? `${url.origin}${url.pathname}` : `a worker of \`${workersOf}\``;
    const closed = this.#breaker.refusal(now());
    if (closed !== null) throw new PostponedError(`${where} is not called: it did not answer lately`, closed);
    if (this.#calls >= callsAtOnce) {
      this.#breaker.abandoned();
      throw new PostponedError(`${where} has ${this.#calls} requests on their way`, now() + crowdedMs);
    }
    if (!call.endpoint) url.searchParams.set("stepId", call.stepId);
    this.#calls++;
    try {
      let key = this.#key;
      let posted = await this.#post(url, call, key);
      for (let others = signingKeys.length - 1; posted.status === 401 && others > 0; others--) {
        key = (key + 1) % signingKeys.length;
        posted = await this.#post(url, call, key);
      }
      if (posted.status !== 401) this.#key = key;
      const answer = readAnswer(posted, where, (header, text) => this.#isForged(header, text));
      if (answer.kind === "failed" && answer.unserved && posted.status >= 500) this.#breaker.missed(now());
      else this.#breaker.reached();
      const manifest = posted.headers["x-stepwright-manifest"];
      if (typeof manifest === "string") this.options.manifestSeen?.(where, manifest);
      return answer;
    } catch (error) {
      return this.#failed(error, call.signal);
    } finally {
      this.#calls--;
    }
  }

  #post(url: URL, call: RemoteCall, index: number): Promise<PostAnswer> {
    const { now, signingKeys, poster, answerBytes, requestTimeoutMs } = this.options;
    const key = signingKeys[index];
    const { endpoint } = call;
    const signed = endpoint?.signed ?? (key === undefined ? "" : canonicalJson(JSON.parse(call.body)));
    const body = key === undefined || endpoint ? call.body : signed;
    const headers = {
      // By it, even if it is empty, an endpoint knows that the runtime is asking.
      ...(endpoint && { "x-inngest-signature": "", "x-inngest-force-step-plan": String(endpoint.plansOnly) }),
      ...(key !== undefined && { "x-inngest-signature": sign(signed, key, now()) }),
      "x-run-id": call.runId,
      traceparent: call.traceparent,
      "x-inngest-step-id": call.stepId,
      // The first is of this request alone, the second of all attempts at what it asks for.
      "x-request-id": randomUUID(),
      "x-inngest-job-id": `${call.runId}-${call.stepId}`,
      "x-inngest-server-kind": key === undefined ? "dev" : "cloud",
      "user-agent": "stepwright",
    };
    const { method = "POST", contentType = "application/json" } = endpoint ?? {};
    const limits = { timeoutMs: requestTimeoutMs, limit: answerBytes };
    const send = (at: URL): Promise<PostAnswer> =>
      poster.post({ url: at, method, contentType, body, headers, ...limits, signal: call.signal });
    // What an endpoint answers is for whoever called it.
    return endpoint ? send(url) : followed(url, send);
  }

  /** Somebody between the application and this runtime has written the answer. Applications need not sign what they answer. */
  #isForged(header: string | null, text: string): boolean {
    const { signingKeys, now } = this.options;
    if (header === null || signingKeys.length === 0) return false;
    return !("key" in findSigner({ header, text, nowMs: now() }, signingKeys));
  }

  /** @throws PostponedError */
  #failed(thrown: unknown, signal: AbortSignal): Answer {
    if (thrown instanceof PostponedError) {
      this.#breaker.abandoned();
      throw thrown;
    }
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    // Nothing that we have would show where it comes from.
    delete error.stack;
    if (error instanceof AnswerTooLargeError) {
      this.#breaker.reached();
      const told = new NonRetriableError(
        `${error.message} (answer-too-large; store results elsewhere and return references)`,
      );
      return { kind: "failed", error: told, unserved: false };
    }
    if (signal.aborted) this.#breaker.abandoned();
    else this.#breaker.missed(this.options.now());
    return { kind: "failed", error, unserved: true };
  }
}

/**
 * An application that has moved is called where it points to, with the same method and body: the signature is over the body alone.
 * Never from `https` to `http`, and not further than a few times: then the redirect is the answer.
 */
async function followed(url: URL, post: (at: URL) => Promise<PostAnswer>): Promise<PostAnswer> {
  let at = url;
  for (let hops = 0; ; hops++) {
    const answer = await post(at);
    const { location } = answer.headers;
    if (!movedStatuses.has(answer.status) || typeof location !== "string" || hops === mostRedirects) return answer;
    const next = URL.canParse(location, at) ? new URL(location, at) : null;
    if (next === null || !isAllowed(at, next)) return answer;
    // What is asked for stands in the query.
    for (const [name, value] of url.searchParams) next.searchParams.set(name, value);
    at = next;
  }
}

function isAllowed(from: URL, to: URL): boolean {
  return to.protocol === from.protocol || (from.protocol === "http:" && to.protocol === "https:");
}
