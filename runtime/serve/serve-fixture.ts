/** An application, and a runtime made of what tests say, for the tests of this folder. */
import { NonRetriableError, RetryAfterError, Stepwright } from "../define/index.js";
import type { ClientOptions } from "../define/client-options.js";
import { sign } from "../protocol/signing-key.js";
import type { Clock } from "../engine/clock.js";
import { hashKey } from "../protocol/step-hash.js";
import { ServeEndpoint } from "./endpoint.js";
import type { ServeOptions } from "./serve-options.js";

export const nowMs = 1_700_000_000_000;
export const signingKey = "signkey-test-0123456789abcdef0123456789abcdef";
export const url = "http://shop.test/api/inngest";
export const hash = hashKey;

/** Time that passes only when it is told to. */
export class ManualClock implements Clock {
  #now = nowMs;
  #timers: { at: number; fire: () => void }[] = [];
  readonly now = (): number => this.#now;
  readonly after = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: this.#now + ms, fire };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((each) => each !== timer));
  };
  get waiting(): number {
    return this.#timers.length;
  }
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { fire } of due) fire();
  }
}

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: any;
}

/** Answers the requests that the application makes. */
export class FakeRuntime {
  readonly requests: Sent[] = [];
  answer: (sent: Sent) => Response | Promise<Response> = () => Response.json({ ok: true });
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const text = await request.text();
    const { pathname, search } = new URL(request.url);
    const body: unknown = text === "" ? null : JSON.parse(text);
    const sent = { method: request.method, path: pathname + search, headers: request.headers, body };
    this.requests.push(sent);
    return this.answer(sent);
  };
}

export const quiet = { info() {}, warn() {}, error() {}, debug() {} };

export function createClient(options: Partial<ClientOptions> = {}): Stepwright {
  return new Stepwright({ id: "shop", isDev: true, logger: quiet, baseUrl: "http://runtime.test", ...options });
}

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: any;
}

/** An endpoint with its clock and its runtime. */
export function openEndpoint(given: Pick<ServeOptions, "functions"> & Partial<ServeOptions>) {
  const runtime = new FakeRuntime();
  const clock = new ManualClock();
  const client = given.client ?? createClient();
  const options = { fetch: runtime.fetch, ...given, client };
  const endpoint = new ServeEndpoint("test", options, {}, { clock, random: () => 0 });
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Asked> => {
    const text = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
    const response = await endpoint.handle(new Request(url + path, { method, headers, body: text }));
    const answer = await response.text();
    const json: unknown = answer === "" ? null : JSON.parse(answer);
    return { status: response.status, headers: response.headers, text: answer, json };
  };
  return {
    endpoint,
    runtime,
    clock,
    ask,
    /** Calls a function with the results of `steps`, whose keys are the steps' own. */
    call: (fn: string, steps: Record<string, unknown> = {}, more: CallOptions = {}): Promise<Asked> =>
      ask(
        "POST",
        `?fnId=shop-${fn}&stepId=${more.step ? hash(more.step) : "step"}`,
        callBody(steps, more),
        more.headers,
      ),
    signed: (method: string, path: string, body: unknown, key = signingKey, at = clock.now()): Promise<Asked> => {
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return ask(method, path, text === "" ? undefined : text, { "x-inngest-signature": sign(text, key, at) });
    },
  };
}

export interface CallOptions {
  readonly step?: string;
  readonly headers?: Record<string, string>;
  readonly ctx?: Record<string, unknown>;
  readonly event?: unknown;
  readonly events?: unknown[];
}

export function callBody(steps: Record<string, unknown>, { ctx, event, events }: CallOptions = {}): object {
  const first = event ?? { name: "order/placed", id: "e1", ts: nowMs, data: { id: 7 } };
  const hashed = Object.entries(steps).map(([key, value]) => [hash(key), value] as const);
  return {
    version: 2,
    event: first,
    events: events ?? [first],
    steps: Object.fromEntries(hashed),
    ctx: {
      run_id: "run-1",
      attempt: 0,
      disable_immediate_execution: false,
      use_api: false,
      stack: { stack: hashed.map(([key]) => key), current: hashed.length },
      ...ctx,
    },
  };
}

export { NonRetriableError, RetryAfterError, Stepwright };
