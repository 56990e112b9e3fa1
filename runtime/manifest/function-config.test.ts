import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historySettings } from "../testing/histories.js";
import { normalizeFunctionConfig, normalizeRetries, unknownValue } from "./function-config.js";
import { functionConfigSchema, triggerSchema } from "./manifest.js";

const config = (raw: unknown) => normalizeFunctionConfig(raw, []).config;
const problems = (raw: unknown, triggers: readonly unknown[] = []) =>
  normalizeFunctionConfig(raw, triggers).problems.map(
    ({ code, path, message }) => `${code} ${path.join(".")}: ${message}`,
  );

it("completes an empty configuration", () => {
  expect(normalizeFunctionConfig({ id: "a" }, [{ event: "a/b" }])).toEqual({
    config: {
      retries: { limit: 4, backoff: { kind: "table", baseMs: 15_000, maxMs: 7_200_000, jitterMs: 30_000 } },
      concurrency: [],
      cancelOn: [],
      timeouts: {},
    },
    triggers: [{ kind: "event", event: "a/b" }],
    problems: [],
  });
});

it("reads every policy", () => {
  const key = { source: "event.data.id", js: '$.get($.get(event, "data"), "id")' };
  expect(
    config({
      retries: { attempts: 2, backoff: "linear", base: "1s", max: "1m", jitter: 500 },
      concurrency: [5, { limit: 1, key: "event.data.id", scope: "env", unit: "run" }],
      throttle: { limit: 3, period: "1m", burst: 2, key: "event.data.id" },
      rateLimit: { limit: 3, period: "24h" },
      debounce: { period: "5m", timeout: "1h", collect: true },
      singleton: { mode: "cancel", key: "event.data.id" },
      priority: { run: "event.data.vip ? 120 : 0" },
      idempotency: "event.data.id",
      cancelOn: [{ event: "a/stop", match: "data.id", timeout: "2d" }, { event: { event: "a/b", name: "a/b" } }],
      timeouts: { start: "10s", finish: 5000 },
    }),
  ).toMatchObject({
    retries: { limit: 2, backoff: { kind: "linear", baseMs: 1000, maxMs: 60_000, jitterMs: 500 } },
    concurrency: [
      { limit: 5, scope: "fn", unit: "step" },
      { limit: 1, key, scope: "env", unit: "run" },
    ],
    throttle: { limit: 3, periodMs: 60_000, burst: 2, key },
    rateLimit: { limit: 3, periodMs: 86_400_000 },
    debounce: { periodMs: 300_000, timeoutMs: 3_600_000, collect: true },
    singleton: { mode: "cancel", key },
    priority: { run: { source: "event.data.vip ? 120 : 0" } },
    idempotency: { key, periodMs: 86_400_000 },
    cancelOn: [{ event: "a/stop", if: { equality: { only: true } }, timeoutMs: 172_800_000 }, { event: "a/b" }],
    timeouts: { startMs: 10_000, finishMs: 5000 },
  });
});

it("reads a moment until which an event cancels", () => {
  const timeout = new Date("2030-01-31T09:00:00Z");
  expect(config({ cancelOn: [{ event: "a/stop", timeout }] })).toMatchObject({
    cancelOn: [{ event: "a/stop", until: timeout.getTime() }],
  });
});

describe("ranges", () => {
  const key = "event.data.id";
  it.each<[string, unknown, string[]]>([
    ["retries 0", { retries: 0 }, []],
    ["retries 20", { retries: 20 }, []],
    ["retries 21", { retries: 21 }, ["invalid-config-value retries: `21` is more than 20"]],
    ["retries -1", { retries: -1 }, ["invalid-config-value retries: `-1` is less than 0"]],
    ["retries 1.5", { retries: 1.5 }, ["invalid-config-value retries: `1.5` is not a whole number"]],
    ["retries text", { retries: "3" }, ['invalid-config-value retries: `"3"` is not a whole number']],
    ["attempts", { retries: { attempts: 99 } }, ["invalid-config-value retries.attempts: `99` is more than 20"]],
    [
      "backoff",
      { retries: { backoff: "square" } },
      ['invalid-config-value retries.backoff: `"square"` is not allowed here'],
    ],
    ["delays", { retries: { backoff: [1, "x"] } }, ['invalid-duration retries.backoff.1: `"x"` is not a duration']],
    ["concurrency 0", { concurrency: 0 }, []],
    ["concurrency -1", { concurrency: -1 }, ["invalid-config-value concurrency: `-1` is less than 0"]],
    [
      "three limits",
      { concurrency: [1, 2, 3] },
      ["invalid-config-value concurrency: 3 concurrency limits are given; a function has at most 2"],
    ],
    [
      "no limit",
      { concurrency: { key } },
      ["invalid-config-value concurrency.limit: the concurrency limit is missing"],
    ],
    [
      "env, no key",
      { concurrency: { limit: 1, scope: "env" } },
      ["invalid-config-value concurrency.scope: concurrency of scope `env` has no `key`"],
    ],
    ["env and key", { concurrency: [{ limit: 1, scope: "account", key }] }, []],
    [
      "scope",
      { concurrency: { limit: 1, scope: "all" } },
      ['invalid-config-value concurrency.scope: `"all"` is not allowed here'],
    ],
    ["throttle 1s", { throttle: { limit: 1, period: "1s" } }, []],
    ["throttle 7d", { throttle: { limit: 1, period: "7d" } }, []],
    [
      "throttle short",
      { throttle: { limit: 1, period: 999 } },
      ["invalid-duration throttle.period: `999` is shorter than 1 s"],
    ],
    [
      "throttle long",
      { throttle: { limit: 1, period: "8d" } },
      ['invalid-duration throttle.period: `"8d"` is longer than 7 d'],
    ],
    [
      "throttle limit",
      { throttle: { limit: 0, period: "1s" } },
      ["invalid-config-value throttle.limit: `0` is less than 1"],
    ],
    [
      "throttle burst",
      { throttle: { limit: 1, period: "1s", burst: -1 } },
      ["invalid-config-value throttle.burst: `-1` is less than 0"],
    ],
    [
      "throttle empty",
      { throttle: {} },
      [
        "invalid-config-value throttle.limit: `throttle` has no `limit`",
        "invalid-duration throttle.period: `throttle` has no `period`",
      ],
    ],
    ["rateLimit 24h", { rateLimit: { limit: 1, period: "24h" } }, []],
    [
      "rateLimit long",
      { rateLimit: { limit: 1, period: "25h" } },
      ['invalid-duration rateLimit.period: `"25h"` is longer than 1 d'],
    ],
    ["debounce 1s", { debounce: { period: "1s" } }, []],
    [
      "debounce short",
      { debounce: { period: "0.5s" } },
      ['invalid-duration debounce.period: `"0.5s"` is shorter than 1 s'],
    ],
    ["debounce long", { debounce: { period: "8d" } }, ['invalid-duration debounce.period: `"8d"` is longer than 7 d']],
    ["debounce none", { debounce: {} }, ["invalid-duration debounce.period: `debounce` has no `period`"]],
    ["batch", { batchEvents: { maxSize: 10, timeout: "1s" } }, []],
    [
      "batch short",
      { batchEvents: { maxSize: 10, timeout: "500ms" } },
      ['invalid-duration batchEvents.timeout: `"500ms"` is shorter than 1 s'],
    ],
    [
      "batch size",
      { batchEvents: { maxSize: 0, timeout: "1s" } },
      ["invalid-config-value batchEvents.maxSize: `0` is less than 1"],
    ],
    [
      "singleton",
      { singleton: { mode: "wait" } },
      ['invalid-config-value singleton.mode: `"wait"` is not allowed here'],
    ],
    ["singleton none", { singleton: {} }, ["invalid-config-value singleton.mode: `singleton` has no `mode`"]],
    ["priority 600", { priority: { run: "600" } }, []],
    [
      "priority 700",
      { priority: { run: "700" } },
      ["invalid-config-value priority.run: a priority of `700` seconds is cut to the range from -600 to 600"],
    ],
    ["idempotency", { idempotency: { key, period: "1h" } }, []],
    ["idempotency none", { idempotency: {} }, ["invalid-config-value idempotency.key: `idempotency` has no `key`"]],
    [
      "expression",
      { idempotency: "data.id" },
      ['invalid-expression idempotency: `"data.id"`: `data` is not a variable'],
    ],
    [
      "not text",
      { throttle: { limit: 1, period: "1s", key: 5 } },
      ["invalid-expression throttle.key: `5` is not an expression"],
    ],
    [
      "cancelOn",
      { cancelOn: Array.from({ length: 6 }, () => ({ event: "a/b" })) },
      ["invalid-config-value cancelOn: 6 cancelling events are given; a function has at most 5"],
    ],
    [
      "cancelOn until no moment",
      { cancelOn: [{ event: "a", timeout: new Date(NaN) }] },
      ["invalid-duration cancelOn.0.timeout: the `Date` is not valid"],
    ],
    ["cancelOn none", { cancelOn: [{}] }, ["invalid-config-value cancelOn.0.event: `cancelOn` has no `event`"]],
    [
      "match and if",
      { cancelOn: [{ event: "a", match: "data.id", if: "true" }] },
      ["conflicting-policies cancelOn.0.match: `match` and `if` cannot be used together"],
    ],
    [
      "cancelOn long",
      { cancelOn: [{ event: "a", timeout: "2y" }] },
      ['invalid-duration cancelOn.0.timeout: `"2y"` is longer than 366 d'],
    ],
    ["timeouts", { timeouts: { finish: "soon" } }, ['invalid-duration timeouts.finish: `"soon"` is not a duration']],
    ["id", { id: "" }, ["invalid-config-value id: the id of the function is empty"]],
    ["not an object", 5, ["invalid-config-value : `5` is not an object"]],
  ])("%s", (_name, raw, expected) => {
    expect(problems(raw)).toEqual(expected);
  });
});

describe("triggers", () => {
  it.each<[string, unknown, string[]]>([
    ["event", { event: "a/b", if: "event.data.x > 1" }, []],
    ["event type", { event: { event: "a/b", name: "a/b" } }, []],
    ["wildcards", { event: "app/user.*" }, []],
    ["all", { event: "*" }, []],
    [
      "wildcard inside",
      { event: "a/*/b" },
      ['invalid-config-value triggers.0.event: `"a/*/b"` has `*` at a place where it matches nothing'],
    ],
    [
      "wildcard in a word",
      { event: "order*" },
      ['invalid-config-value triggers.0.event: `"order*"` has `*` at a place where it matches nothing'],
    ],
    ["system", { event: "inngest/function.failed" }, []],
    [
      "unknown system",
      { event: "inngest/other" },
      [
        'invalid-config-value triggers.0.event: no event is called `"inngest/other"`: names beginning with `inngest/` belong to the platform',
      ],
    ],
    [
      "long",
      { event: "x".repeat(513) },
      ["invalid-config-value triggers.0.event: the name of the event has 513 characters; the limit is 512"],
    ],
    [
      "async",
      { event: "a", if: "async.data.x" },
      ['invalid-expression triggers.0.if: `"async.data.x"`: `async` is only known in `waitForEvent` and `cancelOn`'],
    ],
    ["cron", { cron: "TZ=Europe/Berlin 0 9 * * *", jitter: "5m", catchup: "all" }, []],
    [
      "bad cron",
      { cron: "* * * * * *" },
      ["invalid-cron triggers.0.cron: `* * * * * *` has six fields; a schedule has no seconds"],
    ],
    ["jitter", { cron: "@daily", jitter: "6m" }, ['invalid-duration triggers.0.jitter: `"6m"` is longer than 5 m']],
    [
      "both",
      { event: "a", cron: "@daily" },
      ["invalid-config-value triggers.0: a trigger has both `event` and `cron`"],
    ],
    ["neither", {}, ["invalid-config-value triggers.0: a trigger has neither `event` nor `cron`"]],
    ["null", null, ["invalid-config-value triggers.0: `null` is not an object"]],
  ])("%s", (_name, trigger, expected) => {
    expect(problems({}, [trigger])).toEqual(expected);
  });

  it("keeps the schedule as written beside its parts", () => {
    expect(normalizeFunctionConfig({}, [{ cron: "TZ=Europe/Berlin @daily" }]).triggers).toEqual([
      {
        kind: "cron",
        source: "TZ=Europe/Berlin @daily",
        expression: "0 0 * * *",
        timezone: "Europe/Berlin",
        jitterMs: 0,
        catchup: "last",
      },
    ]);
  });

  it("has at most ten", () => {
    const eleven = Array.from({ length: 11 }, (_, index) => ({ event: `e/${index}` }));
    expect(problems({}, eleven)).toEqual([
      "invalid-config-value triggers: 11 triggers are given; a function has at most 10",
    ]);
  });
});

it("refuses what a batch cannot have", () => {
  const policies = {
    cancelOn: [{ event: "a" }],
    debounce: { period: "1m" },
    singleton: { mode: "skip" },
    priority: { run: "1" },
    rateLimit: { limit: 1, period: "1m" },
    idempotency: "event.id",
    timeouts: { start: "1m", finish: "2m" },
  };
  const { problems: found } = normalizeFunctionConfig({ ...policies, batchEvents: { maxSize: 2, timeout: "1s" } }, []);
  expect(found.map(({ code, path }) => [code, path.join(".")])).toEqual(
    ["cancelOn", "debounce", "singleton", "priority", "rateLimit", "idempotency", "timeouts.start"].map((path) => [
      "conflicting-policies",
      path,
    ]),
  );
});

it("skips what is not known", () => {
  const raw = {
    id: unknownValue,
    retries: unknownValue,
    concurrency: [{ limit: unknownValue }, { limit: 2, key: unknownValue }],
    throttle: { limit: 1, period: unknownValue },
    batchEvents: unknownValue,
    debounce: { period: "1m" },
    cancelOn: [unknownValue, { event: unknownValue }, { event: "a", if: unknownValue }],
    timeouts: unknownValue,
  };
  const triggers = [unknownValue, { event: unknownValue }, { cron: unknownValue, jitter: "2s" }];
  const found = normalizeFunctionConfig(raw, triggers);
  expect(found.problems).toEqual([]);
  expect(found.triggers).toEqual([]);
  expect(found.config).toMatchObject({ concurrency: [], cancelOn: [], debounce: { periodMs: 60_000 } });
  expect(found.config.throttle).toBeUndefined();
});

it("never throws, and gives what the manifest accepts", () => {
  const value = fc.oneof(fc.anything({ withBigInt: true, withDate: true }), fc.constant(unknownValue));
  const names = [
    "retries",
    "concurrency",
    "throttle",
    "batchEvents",
    "debounce",
    "cancelOn",
    "idempotency",
    "timeouts",
  ];
  const inner = fc.dictionary(
    fc.constantFrom("limit", "period", "key", "maxSize", "timeout", "event", "if", "match", "attempts"),
    value,
  );
  const raw = fc.dictionary(fc.constantFrom(...names), fc.oneof(value, inner, fc.array(inner)));
  fc.assert(
    fc.property(
      fc.oneof(raw, value),
      fc.array(fc.oneof(value, fc.record({ event: value, if: value }))),
      (given, triggers) => {
        const found = normalizeFunctionConfig(given, triggers);
        functionConfigSchema.parse(found.config);
        for (const trigger of found.triggers) triggerSchema.parse(trigger);
      },
    ),
    historySettings("configurations"),
  );
});

it("reads the retries of a step", () => {
  expect(normalizeRetries({ attempts: 1, backoff: ["1s", 5000] })).toEqual({
    retries: { limit: 1, backoff: { kind: "list", baseMs: 1000, maxMs: 5000, jitterMs: 0, delaysMs: [1000, 5000] } },
    problems: [],
  });
});
