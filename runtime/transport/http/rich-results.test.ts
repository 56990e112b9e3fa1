/** Values that JSON cannot say, between functions in this process and functions that are served over HTTP. */
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { applicationFromDefinitions } from "../../codegen/application.js";
import { referenceFunction, Stepwright } from "../../define/index.js";
import { createEngine } from "../../engine/create-engine.js";
import type { Engine } from "../../engine/engine.js";
import { createServer } from "../../serve/adapters/node.js";
import { RemoteApps } from "../../server/remote-apps.js";
import { createMemoryStore } from "../../store/memory/memory-store.js";
import { fromWireData, toWireData, toWireText } from "../rich-data.js";

let server: Server | null = null;
let engine: Engine | null = null;
afterEach(async () => {
  await engine?.stop(0);
  server?.closeAllConnections();
  server?.close();
});

const make = () => ({ at: new Date(5), big: 2n ** 70n, map: new Map([["a", new Set([1])]]), plain: { $rich: 1 } });
const show = (value: any) => [
  value.at instanceof Date && value.at.getTime(),
  typeof value.big === "bigint" && String(value.big),
  value.map instanceof Map && [...value.map.get("a")],
  value.plain,
];
const shown = [5, String(2n ** 70n), [1], { $rich: 1 }];

test("steps, retries, races, invocations and results keep them, in both directions", async () => {
  const near = new Stepwright({ id: "near", serialization: "rich" });
  const local = near.createFunction({ id: "local", triggers: [{ event: "never" }] }, () => make());
  const parent = near.createFunction({ id: "parent", retries: 0, triggers: [{ event: "go" }] }, async ({ step }) =>
    show(await step.invoke("call", { function: referenceFunction({ appId: "far", functionId: "remote" }), data: {} })),
  );
  const far = new Stepwright({ id: "far", serialization: "rich", isDev: true });
  let attempts = 0;
  const seen: unknown[] = [];
  const remote = far.createFunction({ id: "remote", retries: 1, triggers: [{ event: "never" }] }, async ({ step }) => {
    seen.length = 0;
    seen.push(show(await step.run("made", () => make())));
    const called = await step.invoke("back", {
      function: referenceFunction({ appId: "near", functionId: "local" }),
      data: {},
    });
    seen.push(show(called));
    const { value } = await step.race("who", { only: () => step.run("in race", () => make()) });
    seen.push(show(value));
    const again = await step.run("again", () => {
      if (attempts++ === 0) throw new Error("once");
      return make();
    });
    seen.push(show(again));
    return make();
  });

  server = createServer({ client: far, functions: [remote] });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/inngest`;
  engine = createEngine({
    store: createMemoryStore(),
    app: applicationFromDefinitions([local, parent]),
    retryIntervalMs: 1,
  });
  await engine.start();
  const steps = { step: { runtime: { url: `${url}?fnId=far-remote&stepId=step` }, retries: { attempts: 1 } } };
  await new RemoteApps(engine).register({
    appName: "far",
    url,
    functions: [{ id: "far-remote", triggers: [], steps }],
  });

  const { runId } = await engine.invoke("near-parent", {});
  const result = await engine.result(runId, 10_000);
  expect(result).toMatchObject({ status: "completed" });
  expect(JSON.parse(result!.output!)).toEqual(shown);
  expect(seen).toEqual([shown, shown, shown, shown]);
});

test.each([
  { $rich: 1 },
  { $rich: { a: 1 } },
  { $rich: { $date: 5 } },
  { $rich: { $date: "no date" } },
  { $rich: { $bigint: "x" } },
  { $rich: { $other: 1 } },
  { $rich: 1, other: 2 },
])("the plain data %j stays what it is, whoever has written it", (data) => {
  expect(fromWireData(data)).toEqual(data);
  const text = JSON.stringify(data);
  expect(fromWireData(toWireData(text))).toEqual(data);
  expect(JSON.parse(toWireText(text))).toEqual(toWireData(text));
});
