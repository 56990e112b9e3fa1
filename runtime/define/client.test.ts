import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { functionsOf, isStepwright } from "./client.js";
import { isFunctionDefinition } from "./function-definition.js";
import { isFunctionReference } from "./function-reference.js";
import { ambient } from "./ambient.js";
import * as api from "./index.js";
import { cron, eventType, Inngest, invoke, referenceFunction, Stepwright, version } from "./index.js";
import { registeredFunctions } from "./registry.js";

const client = new Stepwright({ id: "shop" });

describe("createFunction", () => {
  test("v3: keeps what is written, apart from id, triggers and handlers", () => {
    const handler = () => "done";
    const onFailure = () => {};
    const definition = client.createFunction(
      { id: "a", name: "A", retries: 2, onFailure },
      { event: "x", if: "event.data.n > 1" },
      handler,
    );
    expect(definition).toMatchObject({ id: "a", name: "A", config: { name: "A", retries: 2 }, handler, onFailure });
    expect(Object.keys(definition.config)).toEqual(["name", "retries"]);
    expect(definition.triggers).toEqual([{ event: "x", if: "event.data.n > 1" }]);
    expect(definition.client).toBe(client);
  });

  test("v4: triggers in the configuration, single, several or none", () => {
    const placed = eventType("order/placed", { version: "2" });
    const schema = z.object({});
    const triggers = [placed, cron("0 0 * * *", { jitter: "1m" }), invoke(schema), { event: placed, if: "true" }];
    const definition = client.createFunction({ id: "b", triggers }, () => {});
    expect(definition.triggers[0]).toMatchObject({ event: "order/placed", name: "order/placed", version: "2" });
    expect(definition.triggers[1]).toEqual({ cron: "0 0 * * *", jitter: "1m" });
    expect(definition.triggers[2]).toMatchObject({ event: "inngest/function.invoked", schema });
    expect(definition.triggers[3]).toEqual({ event: placed, if: "true" });
    expect(client.createFunction({ id: "c", triggers: { event: "x" } }, () => {}).triggers).toEqual([{ event: "x" }]);
    expect(client.createFunction({ id: "d" }, () => {}).triggers).toEqual([]);
  });

  test.each<[string, () => unknown]>([
    ["missing-client-id", () => new Stepwright({ id: "" })],
    ["missing-client-id", () => new Stepwright(undefined as never)],
    ["missing-function-id", () => client.createFunction({} as never, { event: "x" }, () => {})],
    ["missing-function-handler", () => client.createFunction({ id: "x" }, { event: "x" }, undefined as never)],
    ["conflicting-triggers", () => client.createFunction({ id: "x", triggers: [] } as never, { event: "x" }, () => {})],
    ["missing-event-name", () => eventType("")],
  ])("%s", (code, make) => {
    expect(make).toThrow(expect.objectContaining({ code }));
  });

  test("registers the definition with its client and in the process", () => {
    const other = new Inngest({ id: "other" });
    const definition = other.createFunction({ id: "e" }, { event: "x" }, () => {});
    expect(functionsOf(other)).toEqual([definition]);
    expect(registeredFunctions().at(-1)).toBe(definition);
  });
});

test("values are recognised by their marks, across copies of the package", async () => {
  vi.resetModules();
  const copy = await import("./index.js");
  expect(copy.Stepwright).not.toBe(Stepwright);
  const foreign = new copy.Stepwright({ id: "foreign" });
  const definition = foreign.createFunction({ id: "f" }, { event: "x" }, () => {});
  expect([isStepwright(foreign), isFunctionDefinition(definition)]).toEqual([true, true]);
  expect(isFunctionReference(copy.referenceFunction({ functionId: "x" }))).toBe(true);
  expect(registeredFunctions().at(-1)).toBe(definition);
  expect([isStepwright({}), isStepwright(null), isFunctionDefinition(() => {})]).toEqual([false, false, false]);
});

test("what is no middleware is refused where it is given", () => {
  const middleware = ["tracing"] as never;
  expect(() => new Inngest({ id: "shop", middleware })).toThrow(/the client \(invalid-middleware/);
  const client = new Inngest({ id: "shop" });
  expect(() => client.createFunction({ id: "a", middleware }, { event: "x" }, () => {})).toThrow(/function `a`/);
});

test("middleware of both forms is recognised", () => {
  const legacy = new api.InngestMiddleware({ name: "x", init: () => ({}) });
  expect(api.isInngestMiddleware(legacy)).toBe(true);
  expect(api.isInngestMiddleware(api.dependencyInjectionMiddleware({ db: 1 }))).toBe(true);
  expect([api.isInngestMiddleware({}), api.isInngestMiddleware(class {}), api.isInngestMiddleware(null)]).toEqual([
    false,
    false,
    false,
  ]);
});

test("a reference keeps its ids", () => {
  expect(referenceFunction({ functionId: "charge", appId: "pay" }).opts).toEqual({
    functionId: "charge",
    appId: "pay",
  });
});

describe("step and fetch outside their argument", () => {
  afterEach(() => {
    ambient.currentStep = undefined;
  });

  test("outside a run `step` throws, and `fetch` is the global one or the fallback", async () => {
    expect(() => api.step.run("x", () => 1)).toThrow(expect.objectContaining({ code: "outside-a-run" }));
    expect(() => api.group.parallel(async () => 1)).toThrow(expect.objectContaining({ code: "outside-a-run" }));
    const fallback = async () => new Response("fallback");
    expect(await (await api.fetch.config({ fallback })("http://x")).text()).toBe("fallback");
  });

  test("inside a run they are the run's", async () => {
    const run = vi.fn(async () => "ran");
    const fetch = vi.fn(async () => new Response("step"));
    ambient.currentStep = () => ({ run, fetch }) as never;
    expect(await api.step.run("x", () => 1)).toBe("ran");
    expect(await (await api.fetch("http://x")).text()).toBe("step");
  });
});

test("the version is the package's", () => {
  const url = new URL("../../package.json", import.meta.url);
  expect(version).toBe((JSON.parse(readFileSync(url, "utf8")) as { version: string }).version);
});

test("the public values of the package", () => {
  expect(Object.keys(api).sort()).toMatchSnapshot();
});
