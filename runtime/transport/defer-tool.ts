import { type Defer, type DeferHandle, experimentKey, isDeferredFunction } from "../define/defer.js";
import { describeIssues } from "../define/check-schema.js";
import type { Logger } from "../define/logger.js";
import { hashKey } from "../protocol/step-hash.js";
import { inheritSessions, sessionsToPropagate } from "../define/sessions.js";
import type { DeferralRequest } from "./deferral-request.js";
import { readId } from "./step-arguments.js";
import type { HandlerCall } from "./transport.js";

const nothing: DeferHandle = { abort() {} };

/** The `defer` of one execution of a handler. What is wrong with a call is logged: it must not hinder the handler. */
export function createDeferTool(call: HandlerCall, logger: () => Logger): Defer {
  const { deferrals } = call.host;
  const asked = new Set<string>();
  return (idOrOptions, options) => {
    const request = readRequest(idOrOptions, options);
    if (typeof request === "string") {
      logger().error(`defer is skipped: ${request}`);
      return nothing;
    }
    const { id, hash } = request;
    if (asked.has(hash)) {
      logger().warn(`defer is skipped: the run has deferred \`${id}\` already; give each its own id`);
      return nothing;
    }
    asked.add(hash);
    // The host refuses, and never rejects.
    const meta = inheritSessions(request.meta, sessionsToPropagate(call.definition.client, call.events));
    void deferrals.add({ ...request, meta });
    return { abort: () => void deferrals.abort(hash) };
  };
}

/** What is asked for; or what is wrong. */
function readRequest(idOrOptions: unknown, options: unknown): DeferralRequest | string {
  try {
    const { id } = readId(idOrOptions);
    const { function: target, data, experiment, meta } = Object(options) as Record<string, unknown>;
    if (!isDeferredFunction(target)) return `the \`function\` of \`${id}\` is not made by \`createDefer\``;
    const result = target.schema?.["~standard"].validate(data);
    if (result instanceof Promise) return `the schema of \`${target.id}\` takes time: give it one that answers at once`;
    if (result?.issues) return `\`${id}\`: ${describeIssues(result.issues)}`;
    const input = experiment === undefined ? data : { ...Object(data), [experimentKey]: experiment };
    return { id, hash: hashKey(id), functionId: `${target.client.id}-${target.id}`, input, meta };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
