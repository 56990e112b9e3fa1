/** Runs of endpoints: the runtime makes the request again that has begun the run. */
import * as z from "zod";

import { NonRetriableError } from "../../define/errors.js";
import { canonicalJson } from "../../protocol/canonical-json.js";
import type { HandlerCall } from "../transport.js";
import type { Answer } from "./read-answer.js";
import type { RemoteApp } from "./remote-app.js";
import type { RunRequests, Sending } from "./step-requests.js";
import { traceParentOf } from "./trace-parent.js";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** A request as the application that got it reports it: the data of the run's event. */
export const endpointRequestSchema = z.looseObject({
  /** With the scheme, and the port if it is not the usual one. */
  domain: z.url({ protocol: /^https?$/ }).max(512),
  method: z.string().toUpperCase().pipe(z.enum(methods)),
  path: z.string().startsWith("/").max(8_192),
  /** Without the question mark. */
  query_params: z.string().max(65_536).nullish(),
  content_type: z.string().max(512).nullish(),
  /** As text. */
  body: z.string().nullish(),
  /** The endpoint's name, where the application gives it one. */
  fn: z.string().max(256).nullish(),
});
export type EndpointRequest = z.infer<typeof endpointRequestSchema>;

/** The requests of one run. They carry no state: the application fetches what it needs. */
export class EndpointRequests implements RunRequests {
  readonly #url: string;
  readonly #method: string;
  readonly #contentType: string;
  readonly #body: string;
  readonly #signed: string;
  readonly #traceparent: string;

  /** @param origin of the endpoint: no event leads elsewhere */
  constructor(
    readonly call: HandlerCall,
    origin: string,
    readonly app: RemoteApp,
  ) {
    const [event] = call.events;
    const { path, query_params: query, method, content_type: type, body } = readRequest(event);
    const url = new URL(origin);
    url.pathname = path;
    url.search = query ?? "";
    this.#url = url.href;
    // The answer of a `HEAD` would have no body to say anything in.
    this.#method = method === "HEAD" ? "GET" : method;
    this.#contentType = type || "application/json";
    [this.#body, this.#signed] = signBody(this.#method, body ?? "");
    this.#traceparent = traceParentOf(event, call.runId);
  }

  remember(): void {}

  send({ stepId, signal, plansOnly }: Sending): Promise<Answer> {
    return this.app.call({
      url: this.#url,
      stepId,
      runId: this.call.runId,
      traceparent: this.#traceparent,
      body: this.#body,
      signal,
      endpoint: { method: this.#method, contentType: this.#contentType, signed: this.#signed, plansOnly },
    });
  }
}

/**
 * The body that is sent, and what is signed of it. SDKs check the JSON of a `POST` or a `PUT`, fail where that is none, and take the body
 * of every other method for empty.
 */
function signBody(method: string, body: string): readonly [body: string, signed: string] {
  if (method === "GET") return ["", ""];
  if (method !== "POST" && method !== "PUT") return [body, ""];
  try {
    return [body, canonicalJson(JSON.parse(body))];
  } catch {
    return ["", ""];
  }
}

/** It was checked when the run was begun, unless somebody has invoked the endpoint as a function. */
function readRequest(event: unknown): EndpointRequest {
  const parsed = z.looseObject({ data: endpointRequestSchema }).safeParse(event);
  if (parsed.success) return parsed.data.data;
  throw new NonRetriableError("this is an endpoint: it is begun by a request to it, and cannot be invoked");
}
