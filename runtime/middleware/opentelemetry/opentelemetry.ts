/** `stepwright/opentelemetry`: a trace for every run. Needs `@opentelemetry/api`, and an SDK that was started. */
import {
  type Attributes,
  context,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type TracerProvider,
} from "@opentelemetry/api";
import { internalEvents } from "../../define/internal-events.js";
import { Middleware } from "../../define/middleware.js";
import { contextOfRun, readSender, writeSender } from "./trace-context.js";

export interface OpenTelemetryMiddlewareOptions {
  /** Instead of the global one. */
  tracerProvider?: TracerProvider;
  /**
   * `link`: each run is a trace of its own, with a link to what sent its event (default). `parent`: it goes on in the
   * sender's trace.
   */
  propagation?: "link" | "parent";
}

const parkedStatus = 206;

/**
 * One trace a run: a span for each execution of the handler (a long sleep or a restart ends one), in it a span for each
 * attempt at a step. What is sent, from steps, handlers or elsewhere, carries the sender's context in `meta`; runs are
 * linked to it. Spans of the application's own stand below the step in which they are made.
 *
 * @example new Stepwright({ id: "shop", middleware: [openTelemetryMiddleware()] })
 */
export function openTelemetryMiddleware(options: OpenTelemetryMiddlewareOptions = {}): Middleware.Class {
  const { propagation = "link" } = options;
  const tracer = () => (options.tracerProvider ?? trace).getTracer("stepwright");

  return class extends Middleware.BaseMiddleware {
    readonly id = "stepwright:opentelemetry";
    #span: Span | null = null;
    #context: Context = ROOT_CONTEXT;

    override async wrapRequest({ next, fn, runId, requestInfo }: Middleware.WrapRequestArgs) {
      if (!fn) return next();
      const events = await readEvents(requestInfo);
      const sender = readSender(events[0]);
      const flags = sender?.traceFlags ?? TraceFlags.SAMPLED;
      const parent = propagation === "parent" && sender ? sender : contextOfRun(runId, flags);
      const span = tracer().startSpan(
        `run ${fn.id}`,
        {
          kind: SpanKind.CONSUMER,
          attributes: {
            "stepwright.app.id": fn.client.id,
            "stepwright.function.id": `${fn.client.id}-${fn.id}`,
            "stepwright.run.id": runId,
            ...describeEvent(events[0]),
          },
          links: findLinks(events, propagation),
        },
        trace.setSpanContext(ROOT_CONTEXT, parent),
      );
      this.#span = span;
      this.#context = trace.setSpan(context.active(), span);
      try {
        const response = await context.with(this.#context, next);
        if (response.status === parkedStatus) span.setAttribute("stepwright.parked", true);
        return response;
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    }

    override onRunError({ error }: Middleware.OnRunErrorArgs): void {
      if (this.#span) fail(this.#span, error);
    }

    override async wrapStepHandler({ next, stepInfo, ctx }: Middleware.WrapStepHandlerArgs): Promise<unknown> {
      const { id, name } = stepInfo.options;
      const attributes: Attributes = {
        "stepwright.run.id": ctx.runId,
        "stepwright.step.id": id,
        "stepwright.step.type": stepInfo.stepType,
      };
      const span = tracer().startSpan(`step ${name ?? id}`, { attributes }, this.#context);
      try {
        return await context.with(trace.setSpan(this.#context, span), next);
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    }

    override transformStepInput(args: Middleware.TransformStepInputArgs) {
      const [first] = args.input;
      const payload: unknown = Reflect.get(Object(first), "payload");
      if (args.stepInfo.stepType !== "invoke" || typeof payload !== "object") return args;
      const meta = writeSender(Reflect.get(Object(payload), "meta"), trace.getSpanContext(this.#context));
      return { ...args, input: [{ ...Object(first), payload: { ...payload, meta } }] };
    }

    override transformSendEvent(args: Middleware.TransformSendEventArgs) {
      const sender = trace.getSpanContext(context.active());
      if (!sender) return args;
      const events = args.events.map((event) => ({ ...event, meta: Object(writeSender(event.meta, sender)) }));
      return { ...args, events };
    }
  };
}

async function readEvents({ body }: Middleware.Request): Promise<readonly unknown[]> {
  const read: unknown = await body();
  const events: unknown = Reflect.get(Object(read), "events");
  return Array.isArray(events) ? events : [Reflect.get(Object(read), "event")];
}

function describeEvent(event: unknown): Attributes {
  const { name, id } = Object(event) as { name?: unknown; id?: unknown };
  return { "stepwright.event.name": String(name), ...(id !== undefined && { "stepwright.event.id": String(id) }) };
}

/** Who sent the events; for what the runtime tells of another run, that run. */
function findLinks(events: readonly unknown[], propagation: "link" | "parent"): Link[] {
  const links: Link[] = [];
  for (const event of events) {
    const sender = readSender(event) ?? readToldRun(event, propagation);
    if (sender) links.push({ context: sender });
  }
  return links;
}

const telling: ReadonlySet<unknown> = new Set([
  internalEvents.FunctionFailed,
  internalEvents.FunctionFinished,
  internalEvents.FunctionCancelled,
]);

/** That run's own trace, or the one in which it went on. */
function readToldRun(event: unknown, propagation: "link" | "parent") {
  const { name, data } = Object(event) as { name?: unknown; data?: { run_id?: unknown; event?: unknown } };
  if (!telling.has(name) || typeof data?.run_id !== "string") return null;
  const sender = readSender(data.event);
  if (propagation === "parent" && sender) return sender;
  return contextOfRun(data.run_id, sender?.traceFlags ?? TraceFlags.SAMPLED);
}

function fail(span: Span, error: unknown): void {
  const given = error instanceof Error ? error : new Error(String(error));
  span.recordException(given);
  span.setStatus({ code: SpanStatusCode.ERROR, message: given.message });
}
