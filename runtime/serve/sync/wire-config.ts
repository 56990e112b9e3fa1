import { internalEvents } from "../../define/internal-events.js";
import type { FunctionConfig, Trigger } from "../../manifest/manifest.js";
import type { ServedFunction } from "../served-application.js";
import { timeString } from "../time-string.js";

type Fields = Readonly<Record<string, unknown>>;

/** A function in the form in which it is registered. @param url of the endpoint; any `wss:` where workers dial out */
export function describeForWire(fn: ServedFunction, url: URL): Fields {
  const { entry, fullId, mainId, definition } = fn;
  const isMain = fn.kind === "function";
  const called = new URL(url);
  called.searchParams.set("fnId", fullId);
  called.searchParams.set("stepId", "step");
  const name = entry.name ?? entry.id;
  const stated = definition.config["retries"] !== undefined && definition.config["retries"] !== null;
  const attempts = isMain ? (stated ? entry.config.retries.limit : undefined) : 1;
  return {
    id: fullId,
    name: isMain ? name : `${name} (${fn.kind})`,
    triggers: isMain ? entry.triggers.flatMap(describeTrigger) : [lifecycleTrigger(fn.kind, mainId)],
    steps: {
      step: {
        id: "step",
        name: "step",
        runtime: { type: url.protocol === "wss:" ? "ws" : "http", url: called.href },
        ...(attempts !== undefined && { retries: { attempts } }),
      },
    },
    ...(isMain && describePolicies(entry.config)),
  };
}

function describeTrigger(trigger: Trigger): Fields[] {
  switch (trigger.kind) {
    case "event":
      return [{ event: trigger.event, ...(trigger.if && { expression: trigger.if.source }) }];
    case "cron":
      return [{ cron: trigger.source, ...(trigger.jitterMs > 0 && { jitter: timeString(trigger.jitterMs) }) }];
    // Every function can be invoked.
    case "invoke":
      return [];
  }
}

function lifecycleTrigger(kind: Exclude<ServedFunction["kind"], "function">, mainId: string): Fields {
  const own = `event.data.function_id == '${mainId}'`;
  switch (kind) {
    case "failure":
      return { event: internalEvents.FunctionFailed, expression: own };
    case "cancel":
      return { event: internalEvents.FunctionCancelled, expression: own };
    // The event is sent after a failure, too.
    case "complete":
      return { event: internalEvents.FunctionFinished, expression: `${own} && event.data.error == null` };
  }
}

function describePolicies(config: FunctionConfig): Fields {
  const { throttle, rateLimit, debounce, batchEvents, singleton, priority, idempotency, timeouts } = config;
  return {
    ...(idempotency && { idempotency: idempotency.key.source }),
    ...(batchEvents && {
      batchEvents: {
        maxSize: batchEvents.maxSize,
        timeout: timeString(batchEvents.timeoutMs),
        ...keyOf(batchEvents),
        ...(batchEvents.if && { if: batchEvents.if.source }),
      },
    }),
    ...(rateLimit && {
      rateLimit: { limit: rateLimit.limit, period: timeString(rateLimit.periodMs), ...keyOf(rateLimit) },
    }),
    ...(throttle && {
      throttle: {
        limit: throttle.limit,
        period: timeString(throttle.periodMs),
        ...(throttle.burst > 0 && { burst: throttle.burst }),
        ...keyOf(throttle),
      },
    }),
    ...(config.concurrency.length > 0 && { concurrency: config.concurrency.map(describeConcurrency) }),
    ...(debounce && {
      debounce: {
        period: timeString(debounce.periodMs),
        ...(debounce.timeoutMs !== undefined && { timeout: timeString(debounce.timeoutMs) }),
        ...keyOf(debounce),
        ...(debounce.collect && { collect: true }),
      },
    }),
    ...(priority && { priority: { run: priority.run.source } }),
    ...((timeouts.startMs !== undefined || timeouts.finishMs !== undefined) && {
      timeouts: {
        ...(timeouts.startMs !== undefined && { start: timeString(timeouts.startMs) }),
        ...(timeouts.finishMs !== undefined && { finish: timeString(timeouts.finishMs) }),
      },
    }),
    ...(singleton && { singleton: { mode: singleton.mode, ...keyOf(singleton) } }),
    ...(config.cancelOn.length > 0 && { cancel: config.cancelOn.map(describeCancellation) }),
  };
}

const keyOf = ({ key }: { readonly key?: { readonly source: string } | undefined }) => (key ? { key: key.source } : {});

function describeConcurrency(each: FunctionConfig["concurrency"][number]): Fields {
  return {
    limit: each.limit,
    ...keyOf(each),
    ...(each.scope !== "fn" && { scope: each.scope }),
    ...(each.unit === "run" && { unit: "run" }),
  };
}

function describeCancellation({ event, if: condition, timeoutMs, until }: FunctionConfig["cancelOn"][number]): Fields {
  return {
    event,
    ...(timeoutMs !== undefined && { timeout: timeString(timeoutMs) }),
    ...(until !== undefined && { timeout: new Date(until).toISOString() }),
    ...(condition && { if: condition.source }),
  };
}
