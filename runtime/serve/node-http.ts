import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";

/** What frameworks add to Node's request. */
export interface NodeRequest extends IncomingMessage {
  /** What a body parser made of the body, before us. */
  body?: unknown;
  /** The whole path, where a router has cut its part off. */
  originalUrl?: string;
}

/** Node's request as the platform's. A body that somebody has read already is written again. */
export function toRequest(req: NodeRequest, res: ServerResponse, given: unknown = req.body): Request {
  const gone = new AbortController();
  res.once("close", () => {
    if (!res.writableEnded) gone.abort(new Error("nobody waits for the answer any more"));
  });
  const method = req.method ?? "GET";
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) {
    // HTTP/2 has names that begin with a colon.
    if (value !== undefined && !name.startsWith(":"))
      headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const body = method === "GET" || method === "HEAD" ? null : bodyOf(req, given, headers);
  return new Request(urlOf(req), { method, headers, body, signal: gone.signal, duplex: "half" } as RequestInit);
}

function bodyOf(req: NodeRequest, body: unknown, headers: Headers): BodyInit | null {
  if (body === undefined || (req.readable && isEmptyObject(body))) {
    return req.readable ? (Readable.toWeb(req) as NodeReadableStream<Uint8Array> as ReadableStream<Uint8Array>) : null;
  }
  // It is not the text that the length was of.
  headers.delete("content-length");
  if (body === null || isEmptyObject(body)) return null;
  if (typeof body === "string" || body instanceof Uint8Array) return body as BodyInit;
  return JSON.stringify(body);
}

/** Body parsers say so when there was none. */
function isEmptyObject(body: unknown): boolean {
  return typeof body === "object" && body !== null && !ArrayBuffer.isView(body) && Object.keys(body).length === 0;
}

function urlOf(req: NodeRequest): URL {
  const forwarded = firstOf(req.headers["x-forwarded-proto"]);
  const scheme = forwarded ?? ("encrypted" in req.socket && req.socket.encrypted === true ? "https" : "http");
  const host = req.headers.host ?? firstOf(req.headers[":authority"]);
  const base = `${scheme === "https" ? "https" : "http"}://${host ?? "localhost"}`;
  const origin = URL.canParse(base) ? base : "http://localhost";
  // A path such as `//host` must not change the host.
  const [pathname = "/", ...query] = (req.originalUrl ?? req.url ?? "/").split("?");
  const url = new URL(origin);
  url.pathname = pathname;
  url.search = query.join("?");
  return url;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header[0] : header;
  return text?.split(",")[0]?.trim() || undefined;
}

/** Sends the answer through Node's response. */
export async function sendResponse(response: Response, res: ServerResponse): Promise<void> {
  res.statusCode = response.status;
  for (const [name, value] of response.headers) res.setHeader(name, value);
  if (response.status !== 201 || !response.body) {
    res.end(await response.text());
    return;
  }
  for await (const part of response.body) res.write(part);
  res.end();
}
