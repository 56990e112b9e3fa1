/** `stepwright/sentry`: errors of runs and steps go to Sentry. Needs a Sentry SDK, or any object with its interface. */
import type * as SentryCore from "@sentry/core";
import { Middleware } from "../../define/middleware.js";

/** What is used of a Sentry SDK: that of `@sentry/node`, `@sentry/bun`, `@sentry/core` and alike. */
export interface SentryLike {
  captureException(error: unknown, hint?: { tags?: Record<string, string> }): unknown;
  withIsolationScope<T>(callback: (scope: SentryScope) => T): T;
  flush?(timeoutMs?: number): PromiseLike<boolean>;
}

export interface SentryScope {
  setTags(tags: Record<string, string>): unknown;
  setTransactionName?(name: string): unknown;
  addBreadcrumb(breadcrumb: {
    category: string;
    message: string;
    level: "info" | "error";
    data?: Record<string, unknown>;
  }): unknown;
}

export interface SentryMiddlewareOptions<S extends SentryLike = SentryLike> {
  /** The SDK that was initialised; `@sentry/core`'s current client by default. */
  sentry?: S;
  /** Captures an error only when there is no attempt left (default). */
  onlyCaptureFinalAttempt?: boolean;
  /** Captures errors of steps as well, not only what ends the run. */
  captureStepErrors?: boolean;
  /** Does not wait, at the end of each execution, until the errors are sent. */
  disableAutomaticFlush?: boolean;
}

const flushMs = 2_000;

/**
 * Captures what ends runs, each with tags of application, function, run and event, and the run's steps as breadcrumbs,
 * in a scope of the run's own. `ctx.sentry` is the SDK.
 *
 * @example new Stepwright({ id: "shop", middleware: [sentryMiddleware({ sentry: Sentry })] })
 */
export function sentryMiddleware<S extends SentryLike = typeof SentryCore>(options: SentryMiddlewareOptions<S> = {}) {
  const { onlyCaptureFinalAttempt = true, captureStepErrors = false, disableAutomaticFlush = false } = options;
  const loadSdk = async (): Promise<S> => options.sentry ?? ((await import("@sentry/core")) as SentryLike as S);

  return class SentryMiddleware extends Middleware.BaseMiddleware {
    readonly id = "stepwright:sentry";
    // not `#private`: the type of the class is inferred, and must be nameable by others
    sdk: SentryLike | null = null;
    scope: SentryScope | null = null;
    tags: Record<string, string> = {};

    override async wrapRequest({ next, fn, runId }: Middleware.WrapRequestArgs): Promise<Middleware.Response> {
      if (!fn) return next();
      const sdk = (this.sdk = await loadSdk());
      return sdk.withIsolationScope(async (scope) => {
        this.scope = scope;
        this.tags = {
          "stepwright.app.id": fn.client.id,
          "stepwright.function.id": `${fn.client.id}-${fn.id}`,
          "stepwright.run.id": runId,
        };
        scope.setTags(this.tags);
        scope.setTransactionName?.(`stepwright:${fn.id}`);
        try {
          return await next();
        } finally {
          if (!disableAutomaticFlush) await sdk.flush?.(flushMs);
        }
      });
    }

    override async transformFunctionInput(args: Middleware.TransformFunctionInputArgs) {
      const sentry = await loadSdk();
      const { name, id } = args.ctx.event;
      const tags = { "stepwright.event.name": name, "stepwright.event.id": id };
      Object.assign(this.tags, tags);
      this.scope?.setTags(tags);
      return { ...args, ctx: { ...args.ctx, sentry } };
    }

    override onRunError({ error, isFinalAttempt }: Middleware.OnRunErrorArgs): void {
      if (isFinalAttempt || !onlyCaptureFinalAttempt) this.capture(error, { "stepwright.error.source": "run" });
    }

    override onStepComplete({ stepInfo }: Middleware.OnStepCompleteArgs): void {
      this.note(stepInfo, "info");
    }

    override onStepError({ error, isFinalAttempt, stepInfo }: Middleware.OnStepErrorArgs): void {
      this.note(stepInfo, "error", error.message);
      if (!captureStepErrors || (onlyCaptureFinalAttempt && !isFinalAttempt)) return;
      this.capture(error, { "stepwright.error.source": "step", "stepwright.step.id": stepInfo.options.id });
    }

    note({ options: { id, name }, stepType }: Middleware.StepInfo, level: "info" | "error", error?: string): void {
      const data = { type: stepType, ...(error !== undefined && { error }) };
      this.scope?.addBreadcrumb({ category: "stepwright.step", message: name ?? id, level, data });
    }

    capture(error: Error, tags: Record<string, string>): void {
      this.sdk?.captureException(error, { tags: { ...this.tags, ...tags } });
    }
  };
}
