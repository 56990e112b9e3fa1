/** What step tools refuse of their arguments, and what they take: one function a row, all started by one event. */
import { expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Stepwright, type StepTools } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

const day = 86_400_000;

// `any`: what a program without types may give.
const rows: readonly [
  name: string,
  call: (step: StepTools<any> & Record<string, any>) => unknown,
  message: RegExp | null,
][] = [
  ["sleeps-366-days", (step) => step.sleep("s", 366 * day), null],
  ["sleeps-longer", (step) => step.sleep("s", 366 * day + 1), /step `s` waits longer than 366 days/],
  ["sleeps-text", (step) => step.sleep("s", "3 days"), null],
  ["sleeps-temporal", (step) => step.sleep("s", { days: 1, [Symbol.toStringTag]: "Temporal.Duration" } as any), null],
  ["sleeps-no-text", (step) => step.sleep("s", "soon" as any), /step `s`: /],
  ["sleeps-until-past", (step) => step.sleepUntil("s", "2001-01-01T00:00:00Z"), null],
  ["sleeps-until-far", (step) => step.sleepUntil("s", "2999-01-01T00:00:00Z"), /waits longer than 366 days/],
  ["sleeps-until-nothing", (step) => step.sleepUntil("s", "soon"), /step `s`/],
  ["waits-longer", (step) => step.waitForEvent("s", { event: "e", timeout: "367d" }), /waits longer than 366 days/],
  [
    "waits-match-and-if",
    (step) => step.waitForEvent("s", { event: "e", timeout: "1d", match: "data.a", if: "true" } as any),
    /has both `match` and `if`/,
  ],
  [
    "waits-if-of-another-type",
    (step) => step.waitForEvent("s", { event: "e", timeout: "1d", if: true as any }),
    /step `s`: its `if` is not text/,
  ],
  [
    "waits-match-of-another-type",
    (step) => step.waitForEvent("s", { event: "e", timeout: "1d", match: ["data.a"] as any }),
    /step `s`: its `match` is not text/,
  ],
  ["waits-if-null", (step) => step.waitForEvent("s", { event: "e", timeout: "1d", if: null as any }), null],
  ["has-no-id", (step) => step.run("", () => 1), /a step has no id/],
];

test("arguments of steps", async () => {
  const client = new Stepwright({ id: "app" });
  const functions = rows.map(([id, call]) =>
    client.createFunction({ id, retries: 0, triggers: [{ event: "go" }] }, async ({ step }) => void (await call(step))),
  );
  const engine = await TestEngine.start({ app: applicationFromDefinitions(functions), store: createMemoryStore() });
  await engine.send({ name: "go" });
  await engine.advance("367 days");
  const ends = new Map((await engine.runs()).map(({ run }) => [run.functionId, run] as const));
  await engine.engine.stop(0);
  for (const [id, , message] of rows) {
    const run = ends.get(`app-${id}`);
    expect({ id, status: run?.status }).toEqual({ id, status: message ? "failed" : "completed" });
    if (message) expect(JSON.stringify(run)).toMatch(message);
  }
});
