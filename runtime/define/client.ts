import { brandClass, readBrand } from "./brand.js";
import type { ClientOptions, EventsFromOpts } from "./client-options.js";
import type { CancelContext, CompleteContext, FailureContext, FunctionContext } from "./context.js";
import { StepwrightError } from "./errors.js";
import { FunctionDefinition } from "./function-definition.js";
import type { FunctionOptions, FunctionOptionsWithTriggers } from "./function-options.js";
import type { SendEventBaseOutput, SendEventPayload } from "./event-payload.js";
import { announceMiddleware } from "./announce-middleware.js";
import type { ContextAdditions, MiddlewareInput } from "./middleware-input.js";
import { middlewareOf } from "./middleware-uses.js";
import { ConsoleLogger, type Logger } from "./logger.js";
import { makeMetadata, type MetadataBuilder } from "./metadata.js";
import { noteWriter, type WriteNote, writeNote } from "./note.js";
import type { IsRich, RichReturn, RichSteps, Serialization } from "./rich.js";
import { endpointOf, makeRealtime, makeRealtimeApi, type RealtimeApi } from "./client-realtime.js";
import type { ClientRealtime } from "./realtime.js";
import { registerFunction } from "./registry.js";
import { type Environment, readEnvironment, resolveEndpoint } from "./endpoint.js";
import { sendEvents } from "./send.js";
import { sendThrough } from "./send-through.js";
import type { StepToolsWith } from "./step-output.js";
import { type ClientScore, makeScore } from "./score.js";
import { sendSignal } from "./send-signal.js";
import type { SendSignalResponse, StepTools } from "./step-tools.js";
import type { EventOf, Trigger } from "./triggers.js";

/** The events that a client declares. */
type EventsOf<O> = EventsFromOpts<O>;

/** What the client's middleware adds to the context. */
type ClientAdditions<O> = O extends { readonly middleware: infer M } ? ContextAdditions<M> : {};

type AdditionsOf<O, M> = M extends readonly [] ? ClientAdditions<O> : ClientAdditions<O> & ContextAdditions<M>;

/** The plain interface where middleware adds nothing: the usual case, and the fast one. */
type Extended<Context, Added> = [keyof Added] extends [never] ? Context : Omit<Context, keyof Added> & Added;

/** What the handler of a function with triggers `T` and middleware `M` gets. */
export type HandlerContext<O, T, M, S = undefined> = ExtendedContext<
  EventOf<EventsOf<O>, T>,
  StepsOf<O, M, S>,
  AdditionsOf<O, M>
>;

type ExtendedContext<Event, Step, Added> = Extended<FunctionContext<Event, Step>, Added>;
type StepsOf<O, M, S> = IsRich<O, S> extends true ? RichSteps<EventsOf<O>> : JsonSteps<O, M>;
type JsonSteps<O, M> = O extends { readonly middleware: infer C extends readonly unknown[] }
  ? StepToolsWith<EventsOf<O>, M extends readonly unknown[] ? [...C, ...M] : C>
  : M extends readonly []
    ? StepTools<EventsOf<O>>
    : StepToolsWith<EventsOf<O>, M>;

/** What the definition knows of its handler's result. */
type Returned<O, S, R> = IsRich<O, S> extends true ? RichReturn<R> : R;

/** What its `onFailure` gets. */
export type FailureHandlerContext<O, T, M, S = undefined> = Lifecycle<O, T, M, S>["failure"];

/** What its `onFailure`, `onCancel` and `onComplete` get. */
interface Lifecycle<O, T, M, S> {
  failure: Extended<FailureContext<EventOf<EventsOf<O>, T>, StepsOf<O, M, S>>, AdditionsOf<O, M>>;
  cancel: Extended<CancelContext<EventOf<EventsOf<O>, T>, StepsOf<O, M, S>>, AdditionsOf<O, M>>;
  complete: Extended<CompleteContext<EventOf<EventsOf<O>, T>, StepsOf<O, M, S>>, AdditionsOf<O, M>>;
}

type TriggerInput<O> = Trigger<EventsOf<O>> | readonly Trigger<EventsOf<O>>[];

const ownFunctions = Symbol.for("stepwright.functions");

/**
 * The application's client: defines functions and sends events. Inert until `send` is called.
 * @example const client = new Stepwright({ id: "shop" });
 */
export class Stepwright<const TOpts extends ClientOptions = ClientOptions> implements Stepwright.Like {
  /** Only for inference. */
  declare readonly "~options": TOpts;

  readonly id: string;
  readonly options: Readonly<TOpts>;
  /** The functions that this client has defined. */
  readonly [ownFunctions]: FunctionDefinition[] = [];
  #environment: Environment;
  #eventKey: string | undefined;
  #logger: Logger;

  /** @throws StepwrightError `missing-client-id` */
  constructor(options: TOpts) {
    if (typeof options?.id !== "string" || options.id === "") throw new StepwrightError("missing-client-id");
    this.id = options.id;
    this.options = options;
    this.#environment = readEnvironment();
    this.#eventKey = options.eventKey;
    this.#logger = options.logger ?? new ConsoleLogger();
    announceMiddleware(this, null);
  }

  get [Symbol.toStringTag](): "Inngest.App" {
    return "Inngest.App";
  }

  get logger(): Logger {
    return this.#logger;
  }

  get eventKey(): string | undefined {
    return resolveEndpoint(this.options, this.#environment, this.#eventKey).eventKey;
  }

  get env(): string | null {
    return resolveEndpoint(this.options, this.#environment, this.#eventKey).env ?? null;
  }

  get appVersion(): string | undefined {
    return this.options.appVersion;
  }

  /** Resolved at once; kept for applications that wait for it. */
  get ready(): Promise<void> {
    return Promise.resolve();
  }

  /** Environment variables for platforms that hand them over with each request. */
  setEnvVars(variables: Record<string, string | undefined> = readEnvironment()): this {
    this.#environment = { ...this.#environment, ...variables };
    return this;
  }

  /** @deprecated Pass `eventKey` to the constructor or set STEPWRIGHT_EVENT_KEY. */
  setEventKey(eventKey: string): void {
    this.#eventKey = eventKey;
  }

  /**
   * Defines a function: configuration with triggers, and handler (SDK v4), or configuration, triggers, and handler
   * (SDK v3).
   * @throws StepwrightError `missing-function-id`, `missing-function-handler`, `conflicting-triggers`; everything else
   * is checked by the build and when the application is loaded
   */
  createFunction<
    const T extends TriggerInput<TOpts> | undefined = undefined,
    const M extends readonly MiddlewareInput[] = [],
    R = unknown,
    const S extends Serialization | undefined = undefined,
  >(
    options: FunctionOptionsWithTriggers<T, Lifecycle<TOpts, T, M, S>, M, S>,
    handler: (context: NoInfer<HandlerContext<TOpts, T, M, S>>) => R,
  ): FunctionDefinition<EventOf<EventsOf<TOpts>, T>, Returned<TOpts, S, R>>;
  createFunction<
    const T extends TriggerInput<TOpts>,
    const M extends readonly MiddlewareInput[] = [],
    R = unknown,
    const S extends Serialization | undefined = undefined,
  >(
    options: FunctionOptions<Lifecycle<TOpts, T, M, S>, M, S>,
    trigger: T,
    handler: (context: NoInfer<HandlerContext<TOpts, T, M, S>>) => R,
  ): FunctionDefinition<EventOf<EventsOf<TOpts>, T>, Returned<TOpts, S, R>>;
  createFunction(
    options: FunctionOptionsWithTriggers<unknown>,
    second: unknown,
    third?: (context: any) => unknown,
  ): FunctionDefinition {
    const v4 = typeof second === "function";
    const { id, triggers, onFailure, onCancel, onComplete, ...config } = options ?? {};
    if (typeof id !== "string" || id === "") throw new StepwrightError("missing-function-id");
    if (!v4 && triggers !== undefined) throw new StepwrightError("conflicting-triggers", `\`${id}\``);
    const handler = v4 ? second : third;
    if (typeof handler !== "function") throw new StepwrightError("missing-function-handler", `\`${id}\``);
    const definition = new FunctionDefinition({
      id,
      client: this,
      config,
      triggers: listTriggers(v4 ? triggers : second),
      handler: handler as (context: any) => unknown,
      onFailure,
      onCancel,
      onComplete,
    });
    this[ownFunctions].push(definition);
    registerFunction(definition);
    announceMiddleware(this, definition);
    return definition;
  }

  /**
   * Sends events and resolves with their ids, in order, when they are stored. Fills in `id` and `ts`.
   * @throws StepwrightError `invalid-event`, `invalid-event-data`, `event-too-large`, `too-many-events`,
   * `event-not-serializable` before anything is sent; `send-refused`; `send-failed` after five retries
   */
  async send(payload: SendEventPayload<EventsOf<TOpts>>, options: { env?: string } = {}): Promise<SendEventBaseOutput> {
    const uses = middlewareOf(this, null);
    return sendEvents(payload, {
      endpoint: resolveEndpoint(this.options, this.#environment, this.#eventKey),
      schemas: this.options.schemas?.runtimeSchemas,
      maxEventBytes: this.options.maxEventBytes,
      logger: this.#logger,
      env: options.env,
      through: uses.length > 0 ? (events, send) => sendThrough(uses, { client: this, fn: null }, events, send) : null,
    });
  }

  /** Channels with messages for those who look on. */
  get realtime(): ClientRealtime {
    return makeRealtime(this[endpointOf]);
  }

  /** For the packages beside the SDK: they ask a client for it under this name. */
  get inngestApi(): RealtimeApi {
    return makeRealtimeApi(this[endpointOf]);
  }

  /** Where the runtime's API is, without a trailing slash. */
  get apiBaseUrl(): string {
    return this[endpointOf]().apiUrl;
  }

  readonly [endpointOf] = () => resolveEndpoint(this.options, this.#environment, this.#eventKey);

  /** Notes values on runs and steps. */
  get metadata(): MetadataBuilder {
    return makeMetadata(this[noteWriter], {});
  }

  /** Scores runs and steps. */
  get score(): ClientScore {
    return makeScore(this[noteWriter]);
  }

  readonly [noteWriter]: WriteNote = (target, kind, values) =>
    writeNote(target, kind, values, resolveEndpoint(this.options, this.#environment, this.#eventKey));

  /** Wakes the run that waits for the signal. @throws StepwrightError `send-failed`, `send-refused` */
  async sendSignal(signal: { signal: string; data?: unknown; env?: string }): Promise<SendSignalResponse> {
    return sendSignal(signal, resolveEndpoint(this.options, this.#environment, this.#eventKey));
  }
}
brandClass(Stepwright, "client");

export declare namespace Stepwright {
  /** Any client, whatever it declares. */
  export type Any = Stepwright<any>;
  /** Any client, of this or another copy or version of the package. */
  export interface Like {
    readonly [Symbol.toStringTag]: "Inngest.App";
  }
}

function listTriggers(triggers: unknown): readonly unknown[] {
  if (triggers === undefined || triggers === null) return [];
  return Array.isArray(triggers) ? [...triggers] : [triggers];
}

/** True for a client made by this or another copy of the package. */
export function isStepwright(value: unknown): value is Stepwright.Any {
  return readBrand(value, "client") === true;
}

/** The functions that this client has defined, in order. */
export function functionsOf(client: Stepwright.Any): readonly FunctionDefinition[] {
  return client[ownFunctions];
}
