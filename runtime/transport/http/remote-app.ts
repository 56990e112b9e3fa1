import { NonRetriableError } from "../../define/errors.js";
import { PostponedError } from "../postponed.js";
import { CircuitBreaker } from "./circuit-breaker.js";
import { AnswerTooLargeError, type Poster } from "./post.js";
import { type Answer, readAnswer } from "./read-answer.js";
import { canonicalJson, signRequest } from "./sign-request.js";

export interface RemoteAppOptions {
  readonly poster: Poster;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Requests are signed with it; null: they are not, which SDKs take in development only. */
  readonly signingKey: string | null;
  /** How long one request may take, in ms. */
  readonly requestTimeoutMs: number;
  /** Bytes of an answer. */
  readonly answerBytes: number;
  /** So many requests may be on their way or wait for a connection; further runs are put back to the queue. */
  readonly callsAtOnce: number;
}

/** How long a run waits that found too many others calling the same application, in ms. */
const crowdedMs = 250;

export interface RemoteCall {
  /** What the function registered. */
  readonly url: string;
  /** The hash of the step to be executed; `step` for whatever comes next. */
  readonly stepId: string;
  readonly runId: string;
  /** JSON. */
  readonly body: string;
  readonly signal: AbortSignal;
}

/** What is called under one host: its breaker and how much it has to do. */
export class RemoteApp {
  readonly #breaker = new CircuitBreaker();
  #calls = 0;

  constructor(readonly options: RemoteAppOptions) {}

  /** @throws PostponedError while it cannot be called; what the call comes to is an answer in any case. */
  async call(call: RemoteCall): Promise<Answer> {
    const { now, callsAtOnce, signingKey, poster, answerBytes, requestTimeoutMs } = this.options;
    const url = new URL(call.url);
    const where = `${url.origin}${url.pathname}`;
    const closed = this.#breaker.refusal(now());
    if (closed !== null) throw new PostponedError(`${where} is not called: it did not answer lately`, closed);
    if (this.#calls >= callsAtOnce) {
      this.#breaker.abandoned();
      throw new PostponedError(`${where} has ${this.#calls} requests on their way`, now() + crowdedMs);
    }
    url.searchParams.set("stepId", call.stepId);
    const body = signingKey === null ? call.body : canonicalJson(call.body);
    const headers = {
      ...(signingKey !== null && { "x-inngest-signature": signRequest(body, signingKey, now()) }),
      "x-run-id": call.runId,
      "x-inngest-step-id": call.stepId,
      "x-inngest-server-kind": signingKey === null ? "dev" : "cloud",
      "user-agent": "stepwright",
    };
    this.#calls++;
    try {
      const posted = await poster.post({
        url,
        body,
        headers,
        timeoutMs: requestTimeoutMs,
        limit: answerBytes,
        signal: call.signal,
      });
      const answer = readAnswer(posted, where);
      if (answer.kind === "failed" && answer.unserved && posted.status >= 500) this.#breaker.missed(now());
      else this.#breaker.reached();
      return answer;
    } catch (error) {
      return this.#failed(error, call.signal);
    } finally {
      this.#calls--;
    }
  }

  #failed(thrown: unknown, signal: AbortSignal): Answer {
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
