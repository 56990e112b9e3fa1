import { expect, it } from "vitest";
import { manifestSchema, type Manifest, type StepNode } from "../../runtime/manifest/manifest.js";
import { explainDifference, explanations } from "./explanations.js";
import { compareManifests } from "./compare-manifests.js";

const step = (id: string, line: number): StepNode => ({
  kind: "step",
  tool: "run",
  id,
  location: { file: "src/a.ts", line, column: 3 },
});
const order = { type: "object", properties: { id: { type: "string" }, by: { enum: ["a", "b"] } }, required: ["id"] };

function manifest(steps: StepNode[], schema: object = order, limit = 3): Manifest {
  const backoff = { kind: "table", baseMs: 0, maxMs: 0, jitterMs: 0 };
  const location = { file: "src/a.ts", line: 1, column: 1 };
  return manifestSchema.parse({
    version: 1,
    app: { id: "shop", package: "stepwright" },
    events: [
      { name: "order", schema, declared: "schema", location, senders: [], consumers: [{ function: "f", as: "wait" }] },
    ],
    functions: [
      {
        id: "f",
        triggers: [{ kind: "event", event: "order" }],
        config: { retries: { limit, backoff }, concurrency: [], cancelOn: [], timeouts: {} },
        handlers: { onFailure: false, onCancel: false, onComplete: false },
        steps,
        location,
        hash: "",
        opaque: [],
      },
    ],
    waivers: [],
    opaque: [],
    hash: "",
  });
}
const base = manifest([step("a", 2), step("b", 3)]);
const codes = (after: Manifest): string[] =>
  compareManifests(base, after).map(({ severity, code, location }) => `${severity} ${code} ${location?.line}`);

it("finds nothing between a manifest and itself, moved lines included", () => {
  expect(codes(manifest([step("a", 12), step("b", 13)]))).toEqual([]);
});

it.each([
  [[step("a", 2)], ["breaking step-removed 3"]],
  [[step("a", 2), step("c", 3)], ["breaking step-renamed 3"]],
  [[step("b", 2), step("a", 3)], ["breaking steps-reordered 2"]],
  [[step("a", 2), step("b", 3), step("c", 4)], ["safe step-added 4"]],
  [[step("c", 2), step("a", 3), step("b", 4)], ["risky step-added 2"]],
  [[{ kind: "loop" as const, children: [step("a", 2), step("b", 3)] }], ["risky step-graph-changed 2"]],
])("judges the steps %#", (steps, expected) => {
  expect(codes(manifest(steps))).toEqual(expected);
});

it.each([
  [{ ...order, required: ["id", "by"] }, ["breaking event-added-required 1", "breaking event-added-required 1"]],
  [{ ...order, required: [] }, ["risky event-widened 1"]],
  [{ ...order, properties: { id: { type: "string" } } }, ["risky event-removed 1"]],
  [
    { ...order, properties: { ...order.properties, by: { enum: ["a"] } } },
    ["breaking event-narrowed 1", "breaking event-narrowed 1"],
  ],
  [{ ...order, properties: { ...order.properties, n: {} } }, ["safe event-added-optional 1"]],
])("judges the event %#", (schema, expected) => {
  expect(codes(manifest([step("a", 2), step("b", 3)], schema))).toEqual(expected);
});

it("reports a policy that changes for queued runs, and a function that is gone", () => {
  expect(codes(manifest([step("a", 2), step("b", 3)], order, 5))).toEqual(["risky config-changed 1"]);
  expect(codes({ ...base, functions: [] })).toEqual(["breaking function-removed 1"]);
});

it("tells swapped steps of a Promise.all from swapped steps", () => {
  const together = (...children: StepNode[]): StepNode[] => [{ kind: "parallel", children }];
  const before = manifest(together(step("a", 2), step("b", 3)));
  expect(compareManifests(before, manifest(together(step("b", 2), step("a", 3))))).toEqual([]);
});

it("tells a changed body from a new id in front of the same one", () => {
  const before = manifest([
    { ...step("a", 2), hash: "1" },
    { ...step("b", 3), hash: "2" },
  ] as StepNode[]);
  const after = (first: object) =>
    manifest([
      { ...step("a", 2), ...first },
      { ...step("b", 3), hash: "2" },
    ] as StepNode[]);
  const found = (next: Manifest) => compareManifests(before, next).map(({ severity, code }) => `${severity} ${code}`);
  expect(found(after({ hash: "1" }))).toEqual([]);
  expect(found(after({ hash: "3" }))).toEqual(["risky step-body-changed"]);
  expect(found(after({ id: "x", hash: "1" }))).toEqual(["breaking step-renamed"]);
});

it("explains each code that it finds", () => {
  for (const code of Object.keys(explanations)) expect(explainDifference(code)).toContain(`# ${code}\n\n`);
  expect(explainDifference("toString")).toBeNull();
});
