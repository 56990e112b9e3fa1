import { formatDuration } from "../../../../runtime/manifest/duration.js";
import type { Expression, FunctionConfig } from "../../../../runtime/manifest/manifest.js";
import { nameSpanAt, spanAt } from "../../2-model/folded.js";
import type { AppModel, FunctionModel, StepNode } from "../../2-model/model.js";
import { readFunctionConfig } from "../config-problems.js";
import { readMember } from "../read-member.js";
import { type Finding, labelSpan } from "../rule.js";
import { listAllSteps, listHandlers } from "../visit-steps.js";

/** A setting that another one, or the function's triggers, keep from ever having an effect. */
export function findDeadSettings(model: AppModel): Finding[] {
  const invoked = listInvoked(model);
  return model.functions.flatMap((fn) =>
    [
      ...findIdleConcurrency(fn),
      ...findWiderConcurrency(fn),
      ...findUnreachedPeriod(fn),
      ...findBatchOfOne(fn),
      ...(invoked.has(fn) ? [] : findKeysOfSchedules(fn)),
    ].map((finding) => ({ ...finding, through: fn.through })),
  );
}

/** A singleton has one run for each key; only steps that this run starts together could use a second slot. */
function findIdleConcurrency(fn: FunctionModel): Finding[] {
  const { singleton } = readFunctionConfig(fn).config;
  if (!singleton) return [];
  return readConcurrency(fn).flatMap(({ limit, scope, key, unit }, index): Finding[] => {
    if (scope !== "fn" || limit < 2) return [];
    // With a key of its own, the singleton has as many runs as there are keys.
    if (singleton.key && !isSameExpression(singleton.key, key)) return [];
    if (unit === "step" && (!fn.handler || fn.handler.escapes.length > 0 || hasParallelSteps(fn.handler.steps))) {
      return [];
    }
    return [
      {
        message: `a concurrency of ${limit} is never reached: the function is a singleton`,
        span: spanAt(fn.config, concurrencyPath(fn, index)),
        related: [labelSpan(nameSpanAt(fn.config, ["singleton"]), "lets one run exist at a time")],
        help: "remove one of the two; with `concurrency: 1` further runs wait, with `singleton` they are skipped",
      },
    ];
  });
}

/** Of two limits that count the same steps, the smaller one decides. */
function findWiderConcurrency(fn: FunctionModel): Finding[] {
  const [first, second] = readConcurrency(fn);
  if (!first || !second || first.scope !== second.scope || first.unit !== second.unit) return [];
  if (!isSameExpression(first.key, second.key) || first.limit === second.limit) return [];
  const wider = first.limit > second.limit ? 0 : 1;
  const limits = [first.limit, second.limit];
  return [
    {
      message: `the limit of ${limits[wider]} is never reached: the other one, ${limits[1 - wider]}, counts the same`,
      span: spanAt(fn.config, concurrencyPath(fn, wider)),
      related: [labelSpan(spanAt(fn.config, concurrencyPath(fn, 1 - wider)), "the smaller limit")],
      help: "remove it, or give one of the two a `key`",
    },
  ];
}

/** `timeout` starts the run even when events keep coming; with a longer period it always does. */
function findUnreachedPeriod(fn: FunctionModel): Finding[] {
  const { debounce } = readFunctionConfig(fn).config;
  if (!debounce || debounce.timeoutMs === undefined || debounce.periodMs < debounce.timeoutMs) return [];
  const [period, timeout] = [formatDuration(debounce.periodMs), formatDuration(debounce.timeoutMs)];
  return [
    {
      message: `the debounce period of ${period} is never reached: after the timeout of ${timeout} the run starts anyway`,
      span: spanAt(fn.config, ["debounce", "period"]),
      related: [labelSpan(spanAt(fn.config, ["debounce", "timeout"]), "the longest that a run is put off")],
      help: "write a period shorter than the timeout, or leave the timeout out",
    },
  ];
}

function findBatchOfOne(fn: FunctionModel): Finding[] {
  const { batchEvents } = readFunctionConfig(fn).config;
  if (batchEvents?.maxSize !== 1) return [];
  return [
    {
      message: "a batch of one event is full at once, and its `timeout` is never reached",
      span: spanAt(fn.config, ["batchEvents", "maxSize"]),
      help: "remove `batchEvents`, or write a larger `maxSize`",
    },
  ];
}

/** The event of a schedule has the schedule as its data, and nothing that the application sent. */
function findKeysOfSchedules(fn: FunctionModel): Finding[] {
  const { triggers } = fn;
  if (!triggers || triggers.length === 0 || triggers.some(({ kind }) => kind !== "cron")) return [];
  const { config } = readFunctionConfig(fn);
  const keys: [path: (string | number)[], key: Expression | undefined][] = [
    ...readConcurrency(fn).map(({ key }, index): [(string | number)[], Expression | undefined] => [
      [...concurrencyPath(fn, index), "key"],
      key,
    ]),
    [["throttle", "key"], config.throttle?.key],
    [["rateLimit", "key"], config.rateLimit?.key],
    [["debounce", "key"], config.debounce?.key],
    [["singleton", "key"], config.singleton?.key],
    [
      typeof readMember(fn.config.value, "idempotency") === "string" ? ["idempotency"] : ["idempotency", "key"],
      config.idempotency?.key,
    ],
    [["priority", "run"], config.priority?.run],
  ];
  return keys.flatMap(([path, key]): Finding[] => {
    const field = key && /\bevent\.data\.(?!cron\b)\w+/.exec(key.source)?.[0];
    if (!field) return [];
    return [
      {
        message: `\`${field}\` is always missing: the function is only started by a schedule`,
        span: spanAt(fn.config, path),
        related: [labelSpan(fn.triggersSpan, "the event of a schedule has no data of the application")],
        help: "remove the expression; for work per user or account send an event for each from the scheduled function",
      },
    ];
  });
}

/** None when one of them is left out, because it is wrong or not known: the others then have other places. */
function readConcurrency(fn: FunctionModel): FunctionConfig["concurrency"] {
  const written = readMember(fn.config.value, "concurrency");
  const { concurrency } = readFunctionConfig(fn).config;
  return Array.isArray(written) && written.length !== concurrency.length ? [] : concurrency;
}

/** `concurrency: {…}` and `concurrency: [{…}]` are both one limit. */
function concurrencyPath(fn: FunctionModel, index: number): (string | number)[] {
  return Array.isArray(readMember(fn.config.value, "concurrency")) ? ["concurrency", index] : ["concurrency"];
}

function isSameExpression(left: Expression | undefined, right: Expression | undefined): boolean {
  return left?.source.replaceAll(/\s/g, "") === right?.source.replaceAll(/\s/g, "");
}

/** The functions that other ones, or they themselves, start with data of the application. */
function listInvoked(model: AppModel): ReadonlySet<FunctionModel> {
  const invoked = new Set<FunctionModel>();
  for (const { handler } of listHandlers(model)) {
    for (const { target } of listAllSteps(handler.steps)) {
      if (target?.kind !== "function") continue;
      const fn = target.function === null ? undefined : model.functions[target.function];
      for (const each of fn ? [fn] : model.functions.filter(({ id }) => id !== null && id === target.id)) {
        invoked.add(each);
      }
    }
  }
  return invoked;
}

function hasParallelSteps(nodes: readonly StepNode[]): boolean {
  return nodes.some((node) => {
    if (node.kind === "step") return false;
    if (node.kind === "parallel" || node.kind === "race" || node.concurrent === true) return true;
    return hasParallelSteps(node.children);
  });
}
