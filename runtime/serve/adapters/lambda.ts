import { ServeEndpoint } from "../endpoint.js";
import type { EndpointOptions, Served } from "../serve-options.js";

export const frameworkName = "aws-lambda";

type Headers = Readonly<Record<string, string | undefined>>;

/** As much as is needed of the event of an API Gateway (REST, version 1.0), an HTTP API or a function URL (2.0). */
export interface LambdaEvent {
  readonly version?: string;
  readonly headers?: Headers | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  readonly httpMethod?: string;
  readonly path?: string;
  readonly queryStringParameters?: Headers | null;
  readonly rawPath?: string;
  readonly rawQueryString?: string;
  readonly requestContext?: {
    readonly http?: { readonly method: string; readonly path: string };
    readonly path?: string;
  };
}

export interface LambdaAnswer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Streaming needs a function of another form, and is off. @example export const handler = serve({ client, functions }); */
export function serve(
  served: Served,
  options: EndpointOptions = {},
): (event: LambdaEvent, context?: unknown) => Promise<LambdaAnswer> {
  const endpoint = new ServeEndpoint(frameworkName, served, { ...options, streaming: false });
  return async (event, context) => {
    const response = await endpoint.handle(toRequest(event), { args: [event, context] });
    return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
  };
}

function toRequest(event: LambdaEvent): Request {
  const { http } = event.requestContext ?? {};
  const method = http?.method ?? event.httpMethod ?? "GET";
  const headers = new Headers();
  for (const [name, value] of Object.entries(event.headers ?? {})) if (value !== undefined) headers.set(name, value);
  const url = new URL(`${headers.get("x-forwarded-proto") ?? "https"}://${headers.get("host") ?? "localhost"}`);
  // The stage is part of what the caller sees.
  url.pathname = event.rawPath ?? http?.path ?? event.requestContext?.path ?? event.path ?? "/";
  if (event.rawQueryString !== undefined) url.search = event.rawQueryString;
  for (const [name, value] of Object.entries(event.queryStringParameters ?? {})) {
    if (value !== undefined && !url.searchParams.has(name)) url.searchParams.set(name, value);
  }
  const text = event.body && event.isBase64Encoded ? Buffer.from(event.body, "base64").toString() : event.body;
  headers.delete("content-length");
  return new Request(url, { method, headers, body: method === "GET" || method === "HEAD" ? null : (text ?? null) });
}
