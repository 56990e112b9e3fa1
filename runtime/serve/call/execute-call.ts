import { NonRetriableError } from "../../define/errors.js";
import { describeIssues } from "../../define/check-schema.js";
import { ConsoleLogger } from "../../define/logger.js";
import type { Middleware } from "../../define/middleware.js";
import { validateEventData } from "../../define/schemas.js";
import { hasSealedField } from "../../define/sealed-data.js";
import { sendEvents } from "../../define/send.js";
import { publish } from "../../define/publish.js";
import { sendSignal } from "../../define/send-signal.js";
import { readLifecycleContext } from "../../engine/5-execute/lifecycle-context.js";
import type { Clock } from "../../engine/clock.js";
import { defaultLimits } from "../../engine/limits.js";
import { isRich } from "../../engine/load-application.js";
import { createInlineTransport } from "../../transport/inline.js";
import type { HandlerCall } from "../../transport/transport.js";
import type { RuntimeApi } from "../runtime-api.js";
import type { ServedApplication, ServedFunction } from "../served-application.js";
import type { Settings } from "../settings.js";
import { type Answer, answerOutcome } from "./answer.js";
import type { CallRequest } from "./call-request.js";
import { Checkpointer } from "./checkpointer.js";
import { readCheckpointing } from "./checkpointing.js";
import { retriableOf } from "./retriable.js";
import { ServedExecution } from "./served-execution.js";

/** What one call needs besides the call itself. */
export interface CallContext {
  readonly app: ServedApplication;
  readonly settings: Settings;
  readonly api: RuntimeApi;
  readonly clock: Clock;
  readonly later: (callback: () => void) => void;
  readonly random: () => number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  readonly request: Middleware.Request;
  /** What the framework handed over. */
  readonly requestArgs: readonly unknown[];
}

/** Calls the handler once, and answers with what came of it. @param target the hash of the one step to execute, or null */
export async function executeCall(
  fn: ServedFunction,
  call: CallRequest,
  target: string | null,
  context: CallContext,
): Promise<Answer> {
  const { app, clock, settings } = context;
  const problem = await findInvalidEvent(fn, call);
  if (problem) return answerOutcome({ kind: "threw", error: problem, retriable: false });
  const execution = new ServedExecution({
    call,
    target,
    checkpointer: createCheckpointer(fn, call, target, context),
    clock,
    later: context.later,
    stepsPerRun: defaultLimits.stepsPerRun,
    step: {
      clock,
      send: (events) =>
        sendEvents(events, {
          endpoint: settings.endpoint,
          schemas: app.client?.options.schemas?.runtimeSchemas,
          maxEventBytes: app.client?.options.maxEventBytes,
          logger: app.client?.logger ?? new ConsoleLogger(),
          env: undefined,
          through: null,
        }),
      publish: (publication) => publish(publication, call.runId, settings.endpoint),
      signalOthers: (signal, data) => sendSignal({ signal, data }, settings.endpoint),
      rich: isRich(fn.definition),
      stepBytes: defaultLimits.stepBytes,
      timeoutMs: fn.entry.config.timeouts.stepMs ?? null,
      signal: context.signal,
    },
  });
  const transport = createInlineTransport({ appId: app.appId, now: clock.now, logger: new ConsoleLogger() });
  const described = describeCall(fn, call, context, execution);
  if (fn.middleware.length === 0) {
    execution.drive(() => transport.execute(described));
    return answerOutcome(await execution.outcome);
  }
  return answerThroughMiddleware(execution, described, (each) => transport.execute(each));
}

/** Middleware may change the answer, or fail. */
function answerThroughMiddleware(
  execution: ServedExecution,
  call: HandlerCall,
  execute: (call: HandlerCall) => Promise<unknown>,
): Promise<Answer> {
  return new Promise((resolve) => {
    const request: HandlerCall["request"] = {
      ...call.request!,
      async answer(end) {
        if (end.kind !== "gone") {
          execution.drive(() => (end.kind === "returned" ? Promise.resolve(end.value) : Promise.reject(end.error)));
        }
        const { status, headers, body } = answerOutcome(await execution.outcome);
        return { status, headers: { ...headers }, body };
      },
      answered: resolve,
    };
    execute({ ...call, request }).catch((error: unknown) => {
      resolve(answerOutcome({ kind: "threw", error, retriable: retriableOf(error, execution.served.call) }));
    });
  });
}

function describeCall(
  fn: ServedFunction,
  call: CallRequest,
  context: CallContext,
  execution: ServedExecution,
): HandlerCall {
  const limit = fn.kind === "function" ? fn.entry.config.retries.limit + 1 : 1;
  return {
    handler: fn.handler,
    host: execution,
    definition: fn.definition,
    middleware: fn.middleware,
    runId: call.runId,
    functionId: fn.fullId,
    events: call.events,
    attempt: call.attempt,
    runAttempt: call.attempt,
    maxAttempts: call.maxAttempts ?? limit,
    signal: context.signal,
    about: fn.kind === "function" ? null : readLifecycleContext(fn.kind, call.events[0]),
    request: {
      info: context.request,
      args: context.requestArgs,
      answer: () => Promise.reject(new Error("internal error: nobody answers")),
      answered: () => {},
    },
  };
}

/** A runtime that does not know the schemas has accepted the event unchecked. */
async function findInvalidEvent({ kind, definition }: ServedFunction, call: CallRequest): Promise<Error | null> {
  if (kind !== "function") return null;
  for (const { name, data } of call.events) {
    // Checked when middleware has opened it.
    if (name.startsWith("inngest/") || hasSealedField(data)) continue;
    const check = await validateEventData(definition, name, data);
    if (!check.ok) return new NonRetriableError(`event \`${name}\`: ${describeIssues(check.issues)}`);
  }
  return null;
}

/** Null where results cannot be posted: a single step is asked for, or the runtime does not say under which ids. */
function createCheckpointer(
  fn: ServedFunction,
  call: CallRequest,
  target: string | null,
  { api, clock, random, request }: CallContext,
): Checkpointer | null {
  const { runId, internalFnId, queueItemId, planOnly } = call;
  if (target !== null || planOnly || internalFnId === null || queueItemId === null) return null;
  const config = readCheckpointing(fn);
  if (!config) return null;
  const generation = Number(request.headers["x-inngest-generation-id"] ?? Number.NaN);
  const run = {
    runId,
    internalFnId,
    queueItemId,
    requestId: request.headers["x-request-id"] ?? null,
    generationId: Number.isInteger(generation) ? generation : null,
  };
  return new Checkpointer(run, config, api, clock, random);
}
