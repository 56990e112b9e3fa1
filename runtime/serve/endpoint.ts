import * as z from "zod";
import type { ClientOptions } from "../define/client-options.js";
import { ambient } from "../define/ambient.js";
import { type Environment, readEnvironment } from "../define/endpoint.js";
import { ConsoleLogger, type Logger } from "../define/logger.js";
import type { Middleware } from "../define/middleware.js";
import { headerKeys, queryKeys } from "../define/protocol-names.js";
import { sign } from "../protocol/signing-key.js";
import type { Clock } from "../engine/clock.js";
import { type Answer, answerInternal, answerWith } from "./call/answer.js";
import { readCall } from "./call/call-request.js";
import { executeCall } from "./call/execute-call.js";
import { keepAlive } from "./keep-alive.js";
import { lendSteps } from "./lend-steps.js";
import { afterMicrotasks, platformClock } from "./platform-clock.js";
import { RuntimeApi } from "./runtime-api.js";
import { parseBody, readBody } from "./safe-body.js";
import { ServeError, type ServeErrorCode } from "./serve-error.js";
import type { EndpointOptions, Served } from "./serve-options.js";
import { isApplication } from "./serve-options.js";
import { readServed, type ServedApplication, type ServedFunction } from "./served-application.js";
import { ServerTiming } from "./server-timing.js";
import { resolveSettings, type Settings } from "./settings.js";
import { verify } from "./signature.js";
import { endpointUrl } from "./sync/endpoint-url.js";
import { introspect } from "./sync/introspection.js";
import { register } from "./sync/register.js";
import { describeInBand, describeRegistration, sdkName } from "./sync/registration.js";

/** What a platform hands over besides the request. */
export interface Platform {
  /** Variables of platforms that have no process; they win over the process's. */
  readonly env?: Environment | undefined;
  /** What the framework called the handler with, for middleware. */
  readonly args?: readonly unknown[];
  /** Where it does not show in the request. */
  readonly url?: URL;
  /** It came by a connection whose other end is known, and need not be signed. */
  readonly trusted?: boolean;
}

/** What tests replace. */
export interface EndpointParts {
  readonly clock?: Clock;
  readonly random?: () => number;
}

/** How far the request is to be trusted. */
interface Trust {
  /** Null: it is not signed, or need not be. */
  readonly key: string | null;
  readonly failure: ServeError | null;
}

/** To somebody unknown the headers tell nothing about the application. */
type TrustedAnswer = Answer & { readonly trusted: boolean };

/** One request with what is known of it. */
interface Asked {
  readonly request: Request;
  readonly url: URL;
  readonly text: string;
  readonly settings: Settings;
  readonly trust: Trust;
  readonly args: readonly unknown[];
  readonly timing: ServerTiming;
}

const statuses: Partial<Record<ServeErrorCode, number>> = {
  "missing-signature": 401,
  "invalid-signature": 401,
  "expired-signature": 401,
  "body-too-large": 413,
  "unknown-probe": 400,
  "method-not-allowed": 405,
};

const inBandSchema = z.object({ url: z.url() });

/**
 * One application under one URL, as a runtime knows it: `GET` tells whether it works, `PUT` registers it, `POST` calls a
 * function. Every adapter brings its platform's request into this form.
 */
export class ServeEndpoint {
  readonly #app: ServedApplication;
  readonly #options: EndpointOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #logger: Logger;

  /** @throws ServeError, ApplicationError when what is served is wrong */
  constructor(
    readonly framework: string,
    served: Served,
    options: EndpointOptions = {},
    parts: EndpointParts = {},
  ) {
    this.#app = readServed(served);
    this.#options = isApplication(served) ? options : { ...served, ...options };
    this.#clock = parts.clock ?? platformClock;
    this.#random = parts.random ?? Math.random;
    this.#logger = this.#app.client?.logger ?? new ConsoleLogger();
    lendSteps();
  }

  /** Never rejects. */
  async handle(request: Request, platform: Platform = {}): Promise<Response> {
    const timing = new ServerTiming(this.#clock.now);
    const settings = this.#settings(platform.env);
    const headers = this.#commonHeaders(request, settings);
    const url = platform.url ?? new URL(request.url);
    const work = timing.measure("action", () => this.#answer(request, url, settings, platform, timing));
    if (settings.streaming && request.method === "POST" && !url.searchParams.has(queryKeys.Probe)) {
      const text = work.then((answer) => {
        const all = this.#headersOf(answer, headers);
        return JSON.stringify({ status: answer.status, headers: all, body: answer.body });
      });
      return new Response(keepAlive(text, this.#clock), { status: 201, headers });
    }
    const answer = await work;
    const all = this.#headersOf(answer, { ...headers, "server-timing": timing.header });
    return new Response(answer.body, { status: answer.status, headers: all });
  }

  #headersOf(answer: TrustedAnswer, given: Readonly<Record<string, string>>): Record<string, string> {
    const all = { ...given, ...answer.headers };
    return answer.trusted ? all : withoutOurs(all);
  }

  #settings(env: Environment | undefined): Settings {
    const { client } = this.#app;
    if (env) client?.setEnvVars(env);
    return resolveSettings(
      {
        ...this.#options,
        clientOptions: (client?.options as ClientOptions | undefined) ?? { id: this.#app.appId },
        eventKey: client?.eventKey,
      },
      { ...readEnvironment(), ...env },
    );
  }

  #commonHeaders(request: Request, { endpoint, platform }: Settings): Record<string, string> {
    const serverKind = request.headers.get(headerKeys.InngestServerKind);
    return {
      "content-type": "application/json",
      [headerKeys.SdkVersion]: sdkName,
      "x-inngest-sdk-handled": "true",
      [headerKeys.Framework]: this.framework,
      [headerKeys.RequestVersion]: "2",
      "x-stepwright-manifest": this.#app.manifest.hash,
      ...(endpoint.env !== undefined && { [headerKeys.Environment]: endpoint.env }),
      ...(platform !== null && { [headerKeys.Platform]: platform }),
      ...(serverKind !== null && { [headerKeys.InngestExpectedServerKind]: serverKind }),
    };
  }

  async #answer(
    request: Request,
    url: URL,
    settings: Settings,
    { args = [], trusted = false }: Platform,
    timing: ServerTiming,
  ): Promise<TrustedAnswer> {
    let trust: Trust = { key: null, failure: null };
    let answer: Answer;
    try {
      if (settings.mode === "cloud" && settings.signingKeys.length === 0) {
        trust = { key: null, failure: new ServeError("missing-signing-key", "there is no signing key") };
        throw trust.failure;
      }
      const text = await timing.measure("body", () => readBody(request, settings.maxBodyBytes));
      if (!trusted) trust = this.#verify(request, text, settings);
      answer = await this.#route({ request, url, text, settings, trust, args, timing });
    } catch (error) {
      answer = this.#refuse(error);
    }
    if (trust.key === null) return { ...answer, trusted: trust.failure === null };
    const signature = sign(answer.body, trust.key, this.#clock.now());
    return { ...answer, trusted: true, headers: { ...answer.headers, [headerKeys.Signature]: signature } };
  }

  #verify(request: Request, text: string, { mode, signingKeys }: Settings): Trust {
    if (mode === "dev") return { key: null, failure: null };
    const header = request.headers.get(headerKeys.Signature);
    try {
      return { key: verify({ header, text, nowMs: this.#clock.now() }, signingKeys), failure: null };
    } catch (error) {
      if (error instanceof ServeError) return { key: null, failure: error };
      throw error;
    }
  }

  #route(asked: Asked): Answer | Promise<Answer> {
    const { request, trust, settings } = asked;
    switch (request.method) {
      case "GET":
        return answerWith(200, this.#introspect(asked));
      case "PUT":
        if (!settings.unauthedSync) requireTrust(trust);
        return this.#synchronize(asked);
      case "POST":
        requireTrust(trust);
        return this.#call(asked);
      default:
        throw new ServeError("method-not-allowed", `\`${request.method}\` is not a method of this endpoint`);
    }
  }

  #introspect({ settings, trust }: Asked): object {
    const signed = trust.failure?.code === "missing-signature" ? null : trust.key !== null;
    const authenticated = settings.mode === "dev" ? null : signed;
    return introspect({ app: this.#app, settings, framework: this.framework, authenticated });
  }

  async #synchronize(asked: Asked): Promise<Answer> {
    const { request, url, text, settings, trust } = asked;
    const deployId = url.searchParams.get(queryKeys.DeployId);
    const kind = request.headers.get(headerKeys.InngestSyncKind);
    const place = { framework: this.framework, deployId };
    if (settings.inBandSync && (kind === "in_band" || kind === "in-band")) {
      requireTrust(trust);
      const body = inBandSchema.safeParse(parseBody(text));
      if (!body.success) return answerWith(400, { code: "invalid_request", message: z.prettifyError(body.error) });
      const at = endpointUrl(body.data.url, settings);
      const more = {
        env: settings.endpoint.env ?? null,
        platform: settings.platform,
        inspection: this.#introspect(asked),
      };
      const registration = describeRegistration(this.#app, { ...place, url: at });
      return answerWith(200, describeInBand(registration, this.#app.manifest, more), {
        [headerKeys.InngestSyncKind]: "in_band",
      });
    }
    const registration = describeRegistration(this.#app, { ...place, url: endpointUrl(url.href, settings) });
    const serverKind = request.headers.get(headerKeys.InngestServerKind);
    const { status, message, modified } = await register(this.#api(settings), registration, serverKind);
    if (status !== 200) this.#logger.error(message);
    return answerWith(status, { message, modified }, { [headerKeys.InngestSyncKind]: "out_of_band" });
  }

  #api(settings: Settings): RuntimeApi {
    return new RuntimeApi(settings, this.framework);
  }

  async #call(asked: Asked): Promise<Answer> {
    const { request, url, text, settings, args, timing } = asked;
    const probe = url.searchParams.get(queryKeys.Probe);
    if (probe === "trust") return { status: 200, headers: {}, body: "" };
    if (probe) throw new ServeError("unknown-probe", `there is no probe \`${probe}\``);
    const id = url.searchParams.get(queryKeys.FnId);
    if (!id) throw new ServeError("missing-function-id", "the call names no function");
    const fn = this.#app.functions.get(id);
    if (!fn) throw new ServeError("unknown-function", `the application has no function \`${id}\``);
    if (text === "") throw new ServeError("missing-body", "the call has no body");
    const body = parseBody(text);
    const api = this.#api(settings);
    const call = await readCall(body, api);
    const step = url.searchParams.get(queryKeys.StepId) ?? request.headers.get(headerKeys.InngestStepId);
    const info: Middleware.Request = {
      method: request.method,
      url,
      headers: Object.fromEntries(request.headers),
      body: async () => body,
    };
    const answer = await timing.measure("call", () =>
      executeCall(fn, call, step === null || step === "" || step === "step" ? null : step, {
        app: this.#app,
        settings,
        api,
        clock: this.#clock,
        later: afterMicrotasks,
        random: this.#random,
        signal: request.signal,
        request: info,
        requestArgs: args,
      }),
    );
    if (optimizesParallelism(fn)) return answer;
    return { ...answer, headers: { ...answer.headers, [headerKeys.RequestVersion]: "1" } };
  }

  #refuse(error: unknown): Answer {
    const code = error instanceof ServeError ? error.code : null;
    const status = (code && statuses[code]) ?? 500;
    if (status >= 500 || status === 401) this.#logger.error(error instanceof Error ? error.message : String(error));
    if (status === 401) return answerWith(401, { message: "Unauthorized" });
    if (status === 405) return answerWith(405, { message: "Method not allowed" });
    return answerInternal(error, status);
  }
}

function withoutOurs(headers: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(headers).filter(
    ([name]) => name === "x-inngest-sdk-handled" || !/^x-(?:inngest|stepwright)-/.test(name),
  );
  return Object.fromEntries(kept);
}

function requireTrust({ failure }: Trust): void {
  if (failure) throw failure;
}

/** Switched off, the runtime calls after each of several steps, not after the last. */
function optimizesParallelism({ definition }: ServedFunction): boolean {
  const client: unknown = Reflect.get(definition.client, "options");
  const own = definition.config["optimizeParallelism"];
  const inherited =
    typeof client === "object" && client !== null ? Reflect.get(client, "optimizeParallelism") : undefined;
  return (own ?? inherited) !== false;
}

// For handlers that applications write themselves with what the package exports.
ambient.createEndpoint ??= (framework, served: Served, options: EndpointOptions) => {
  const endpoint = new ServeEndpoint(framework, served, options);
  return (request, platform) => endpoint.handle(request, platform);
};
