import { ambient, type RequestHandler } from "./ambient.js";
import type { Stepwright } from "./client.js";
import { StepwrightError } from "./errors.js";
import { headerKeys, queryKeys } from "./protocol-names.js";
import type { InngestFunction, MaybePromise } from "./sdk-names.js";

/** What every `serve` takes beside client and functions. */
export interface RegisterOptions {
  servePath?: string | undefined;
  serveOrigin?: string | undefined;
  /** @deprecated SDK v3's name of `serveOrigin`. */
  serveHost?: string | undefined;
  signingKey?: string | undefined;
  signingKeyFallback?: string | undefined;
  baseUrl?: string | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  streaming?: boolean | "allow" | "force" | undefined;
  enableUnauthedSync?: boolean | undefined;
}

/** What a `serve` of one's own takes. */
export interface ServeHandlerOptions extends RegisterOptions {
  client: Stepwright.Like;
  functions: readonly InngestFunction.Like[];
}

/** How a framework's request is read, and what it is answered with. */
export interface HandlerActions<Output> {
  body(): MaybePromise<any>;
  headers(name: string): MaybePromise<string | null | undefined>;
  method(): MaybePromise<string>;
  url(): MaybePromise<URL>;
  queryString?(name: string, url: URL): MaybePromise<string | null | undefined>;
  /** Variables of platforms that have no process. */
  env?(): MaybePromise<Record<string, string | undefined> | undefined>;
  transformResponse(answer: {
    status: number;
    headers: Record<string, string>;
    body: string;
    version?: unknown;
  }): Output;
  transformStreamingResponse?(answer: any): any;
}

export interface InngestCommHandlerOptions<Input extends any[], Output> extends RegisterOptions {
  /** The framework's name: lower case. */
  frameworkName: string;
  client: Stepwright.Like;
  functions?: readonly InngestFunction.Like[];
  handler: (...args: Input) => HandlerActions<Output>;
}

/** Of the length the platform's own is wrong, once a framework has parsed the body. */
const readHeaders = Object.values(headerKeys).filter((name) => name !== headerKeys.ContentLength);

/**
 * A `serve` for a framework that has no adapter. Needs one of the adapters in the process, which does the work: import
 * `stepwright/edge`, too.
 *
 * @example export const serve = (options: ServeHandlerOptions) => new InngestCommHandler({ ...options, frameworkName: "mine", handler }).createHandler();
 */
export class InngestCommHandler<Input extends any[] = any[], Output = any> {
  readonly #options: InngestCommHandlerOptions<Input, Output>;
  #endpoint: RequestHandler | undefined;

  constructor(options: InngestCommHandlerOptions<Input, Output>) {
    this.#options = options;
  }

  /** The handler for the framework. Streaming is off. It rejects with `handler-without-serve` where no adapter is loaded. */
  createHandler<Handler extends (...args: Input) => Promise<Awaited<Output>>>(): Handler {
    const handle = async (...args: Input): Promise<Awaited<Output>> => {
      const { frameworkName, client, functions = [], handler, ...options } = this.#options;
      if (!ambient.createEndpoint) throw new StepwrightError("handler-without-serve", `\`${frameworkName}\``);
      this.#endpoint ??= ambient.createEndpoint(frameworkName, { client, functions }, { ...options, streaming: false });
      const actions = handler(...args);
      const url = await readUrl(actions);
      const response = await this.#endpoint(await toRequest(actions, url), { env: await actions.env?.(), args, url });
      return actions.transformResponse({
        status: response.status,
        headers: Object.fromEntries(response.headers),
        body: await response.text(),
      }) as Awaited<Output>;
    };
    return handle as Handler;
  }
}

async function readUrl(actions: HandlerActions<unknown>): Promise<URL> {
  const url = new URL(await actions.url());
  for (const name of Object.values(queryKeys)) {
    const value = url.searchParams.has(name) ? null : await actions.queryString?.(name, url);
    if (value !== null && value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}

async function toRequest(actions: HandlerActions<unknown>, url: URL): Promise<Request> {
  const method = await actions.method();
  const headers = new Headers();
  for (const name of readHeaders) {
    const value = await actions.headers(name);
    if (value !== null && value !== undefined) headers.set(name, value);
  }
  const body: unknown = method === "GET" || method === "HEAD" ? null : await actions.body();
  // A framework may have parsed the body; a signature of one that was not written as JSON.stringify does is then lost.
  const text = body === null || body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return new Request(url, { method, headers, body: text ?? null });
}
