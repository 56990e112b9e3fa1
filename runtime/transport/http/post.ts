/** One HTTP request to an application, over connections that are kept open. */
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

export interface PostRequest {
  readonly url: URL;
  /** Default `POST`. */
  readonly method?: string;
  /** Default `application/json`. */
  readonly contentType?: string;
  /** With `GET` there is none: it is empty. */
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** From the first byte sent to the last one read, in ms. */
  readonly timeoutMs: number;
  /** Bytes of the answer's body. */
  readonly limit: number;
  readonly signal: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

/** The application did not answer as it should: not reached, cut off, too slow. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** The answer is larger than what is read. */
export class AnswerTooLargeError extends Error {
  override readonly name = "AnswerTooLargeError";
}

export interface Poster {
  /** Redirects are not followed: they are answers. @throws UnreachableError | AnswerTooLargeError */
  post(request: PostRequest): Promise<PostAnswer>;
  close(): void;
}

/** Runs `fire` after `ms`, unless the result is called before. */
export type After = (ms: number, fire: () => void) => () => void;

/** `connections`: so many requests to one host are on their way at one time; the others wait their turn. */
export function createPoster(connections: number, after: After): Poster {
  const options = {
    keepAlive: true,
    maxSockets: connections,
    maxFreeSockets: connections,
    scheduling: "lifo",
  } as const;
  const http = new HttpAgent(options);
  const https = new HttpsAgent(options);
  return {
    post: (request) => post(request, request.url.protocol === "https:" ? https : http, after),
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

const staleCodes: ReadonlySet<unknown> = new Set(["ECONNRESET", "EPIPE"]);

function post(request: PostRequest, agent: HttpAgent | HttpsAgent, after: After, again = true): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const { url, method = "POST", contentType = "application/json", body, headers, timeoutMs, signal } = request;
    const where = `${url.origin}${url.pathname}`;
    let stopTimer = (): void => {};
    let late: UnreachableError | null = null;
    let answering = false;
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const content = { "content-type": contentType, "content-length": Buffer.byteLength(body) };
    const sent = send(url, { method, agent, headers: method === "GET" ? headers : { ...headers, ...content }, signal });
    const fail = (error: Error): void => {
      stopTimer();
      if (late !== null) return reject(late);
      // The application has closed a connection that was idle, before it read anything.
      const stale = sent.reusedSocket && !answering && "code" in error && staleCodes.has(error.code);
      if (stale && again && !signal.aborted) return resolve(post(request, agent, after, false));
      if (error instanceof AnswerTooLargeError) return reject(error);
      const what = answering ? "broke off its answer" : "could not be called";
      reject(new UnreachableError(`${where} ${what}: ${reasonOf(error)}`, { cause: error }));
    };
    sent.on("error", fail);
    // Waiting for a free connection does not count.
    sent.on("socket", () => {
      stopTimer = after(timeoutMs, () => {
        late = new UnreachableError(`${where} has not answered within ${timeoutMs} ms`);
        sent.destroy(late);
      });
    });
    sent.on("response", (response) => {
      answering = true;
      read(response, request.limit, where).then((text) => {
        stopTimer();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      }, fail);
    });
    sent.end(body);
  });
}

/** Events, not an iterator: that would be a tenth of a call. */
function read(response: IncomingMessage, limit: number, where: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    response.on("data", (part: Buffer) => {
      size += part.byteLength;
      if (size <= limit) return void parts.push(part);
      reject(new AnswerTooLargeError(`the answer of ${where} has more than ${limit} bytes`));
      response.destroy();
    });
    response.on("end", () =>
      resolve(parts.length === 1 ? parts[0]!.toString("utf8") : Buffer.concat(parts).toString()),
    );
    response.on("error", reject);
    // Cut off: there may be no error then.
    response.on("close", () => reject(new Error("the connection was closed")));
  });
}

/** Some errors of sockets have only a code. */
function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  return error.message || (code ?? error.name);
}
