import type { Stepwright } from "../define/client.js";
import { Middleware } from "../define/middleware.js";

export interface ExtendedTracesMiddlewareOptions {
  /** Accepted: spans are made with the application's own provider, none is made or changed. */
  behaviour?: "auto" | "createProvider" | "extendProvider" | "off";
  /** Accepted: instrument with the SDK of OpenTelemetry. */
  instrumentations?: readonly unknown[];
  logLevel?: number;
}

type Traces = Middleware.BaseMiddleware;

/** As much of a tracer of OpenTelemetry as handlers use; spelt out, so that its types need not be installed. */
export interface HandlerTracer {
  startSpan(name: string, options?: object, context?: unknown): any;
  startActiveSpan<R>(name: string, body: (span: any) => R): R;
  startActiveSpan<R>(name: string, options: object, body: (span: any) => R): R;
}

type TracesClass = new (args: { client: any }) => Traces & {
  transformFunctionInput(args: Middleware.TransformFunctionInputArgs): Promise<TracedInput>;
};

type TracedInput = Middleware.TransformFunctionInputArgs & { ctx: { tracer: HandlerTracer } };

/**
 * `openTelemetryMiddleware` under the SDK's name. OpenTelemetry is loaded with the first run; where it is not installed, a
 * warning says so once, and runs go on without spans.
 *
 * @example new Stepwright({ id: "shop", middleware: [extendedTracesMiddleware()] })
 */
export function extendedTracesMiddleware(_options: ExtendedTracesMiddlewareOptions = {}): TracesClass {
  let warned = false;
  const load = async (client: Stepwright.Any): Promise<Traces | null> => {
    try {
      const { openTelemetryMiddleware } = await import("./opentelemetry/opentelemetry.js");
      return new (openTelemetryMiddleware() as new (args: { client: Stepwright.Any }) => Traces)({ client });
    } catch (error) {
      if (!warned) client.logger.warn(`no traces: ${String(error)}; install @opentelemetry/api`);
      warned = true;
      return null;
    }
  };

  return class extends Middleware.BaseMiddleware {
    readonly id = "stepwright:extended-traces";
    #loaded: Promise<Traces | null> | null = null;

    get #traces(): Promise<Traces | null> {
      return (this.#loaded ??= load(this.client));
    }

    override async transformFunctionInput(args: Middleware.TransformFunctionInputArgs): Promise<TracedInput> {
      const tracer = (await this.#traces) ? await findTracer() : missing;
      return { ...args, ctx: { ...args.ctx, tracer } };
    }
    override async wrapRequest(args: Middleware.WrapRequestArgs) {
      const traces = await this.#traces;
      return traces?.wrapRequest ? traces.wrapRequest(args) : args.next();
    }
    override async onRunError(args: Middleware.OnRunErrorArgs) {
      await (await this.#traces)?.onRunError?.(args);
    }
    override async wrapStepHandler(args: Middleware.WrapStepHandlerArgs) {
      const traces = await this.#traces;
      return traces?.wrapStepHandler ? traces.wrapStepHandler(args) : args.next();
    }
    override async transformStepInput(args: Middleware.TransformStepInputArgs) {
      return (await (await this.#traces)?.transformStepInput?.(args)) ?? args;
    }
    override async transformSendEvent(args: Middleware.TransformSendEventArgs) {
      return (await (await this.#traces)?.transformSendEvent?.(args)) ?? args;
    }
  };
}

async function findTracer(): Promise<HandlerTracer> {
  const { trace } = await import("@opentelemetry/api");
  return trace.getTracer("stepwright");
}

const refuse = (): never => {
  throw new Error("`tracer` needs the package @opentelemetry/api");
};
const missing: HandlerTracer = { startSpan: refuse, startActiveSpan: refuse };

/**
 * Accepted in the list of a provider's `spanProcessors`. It exports nothing: there is no collector in the runtime, so an
 * exporter has to stand beside it, which it says once.
 */
export class InngestSpanProcessor {
  constructor(client?: { readonly logger?: { warn(...args: unknown[]): void } }) {
    client?.logger?.warn("spans are not kept by the runtime: add the exporter of your collector to the provider");
  }
  onStart(_span: unknown, _parent: unknown): void {}
  onEnd(_span: unknown): void {}
  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}
