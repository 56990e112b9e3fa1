import { describe, expect, it } from "vitest";
import { manifestSchema } from "../../../runtime/manifest/manifest.js";
import type { Folded, FoldedValue } from "../2-model/folded.js";
import type { AppModel, FunctionModel, SendSite } from "../2-model/model.js";
import type { Shape } from "../2-model/shape.js";
import type { Span } from "../2-model/span.js";
import { buildManifest } from "./build-manifest.js";
import { describeOutput } from "./output-schema.js";

const span = (line: number, file = "src/a.ts"): Span => ({
  file,
  start: line * 100,
  end: line * 100 + 10,
  line,
  column: 1,
  endLine: line,
  endColumn: 11,
});

const folded = (value: FoldedValue, line: number): Folded => ({
  value,
  span: span(line),
  spans: new Map(),
  nameSpans: new Map(),
  unknowns: [],
});

const fn = (id: string | null, line: number, code: string): FunctionModel => ({
  id,
  idSpan: span(line),
  client: 0,
  form: "v4",
  config: folded({ retries: 2 }, line),
  triggersTwice: false,
  triggers: [{ kind: "event", event: "user/*", value: folded({ event: "user/*" }, line), span: span(line) }],
  triggersSpan: span(line),
  handler: {
    span: span(line),
    steps: [],
    escapes: [],
    mayEndEarly: false,
    environment: [],
    fieldReads: [],
    code,
    statements: [],
    bodies: [],
    output: { kind: "unknown" },
    outputSpan: span(line),
    hazards: [],
  },
  onFailure: null,
  onCancel: null,
  onComplete: null,
  input: null,
  export: { module: "src/a.ts", name: "fn", path: [] },
  span: span(line),
  through: [],
});

const send = (name: string | null, line: number, candidates: string[] = []): SendSite => ({
  by: "client",
  name,
  candidates,
  nameSpan: span(line),
  data: null,
  client: 0,
  function: null,
  span: span(line),
  callSpan: span(line),
});

const model = (functions: FunctionModel[], sends: SendSite[] = []): AppModel => ({
  root: "/app",
  packageName: "stepwright",
  clients: [{ id: "shop", config: folded({}, 1), events: "open", export: null, span: span(1) }],
  events: [],
  functions,
  sends,
  lostSignals: [],
  waivers: [],
  opaque: [{ function: null, at: "clients", reason: "r", span: span(9) }],
});

it("gives what the schema accepts, sorted", () => {
  const manifest = buildManifest(model([fn("b", 5, "x"), fn(null, 6, "x"), fn("a", 7, "x")], [send("user/left", 3)]));
  expect(manifestSchema.parse(manifest)).toEqual(manifest);
  expect(manifest.functions.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(manifest.events).toMatchObject([
    {
      name: "user/left",
      senders: [{ location: { line: 3 } }],
      consumers: [
        { function: "a", as: "trigger" },
        { function: "b", as: "trigger" },
      ],
    },
  ]);
});

it("knows every name that a send may have", () => {
  const { events } = buildManifest(
    model([], [send(null, 1, ["a/one", "a/two"]), send("a/one", 2), send("inngest/x", 3)]),
  );
  expect(events.map(({ name, senders }) => [name, senders.length])).toEqual([
    ["a/one", 2],
    ["a/two", 1],
  ]);
});

describe("hashes", () => {
  const hashes = (...args: Parameters<typeof model>) => {
    const { hash, functions } = buildManifest(model(...args));
    return { manifest: hash, function: functions[0]?.hash };
  };

  it("stay when code only moves", () => {
    expect(hashes([fn("a", 5, "x")])).toEqual(hashes([fn("a", 50, "x")]));
  });

  it("change with the code and the configuration", () => {
    const before = hashes([fn("a", 5, "x")]);
    const otherCode = hashes([fn("a", 5, "y")]);
    const otherConfig = hashes([{ ...fn("a", 5, "x"), config: folded({ retries: 3 }, 5) }]);
    for (const after of [otherCode, otherConfig]) {
      expect(after.function).not.toBe(before.function);
      expect(after.manifest).not.toBe(before.manifest);
    }
  });
});

it("keeps opaque parts with their reasons, once", () => {
  const config: Folded = {
    ...folded({ retries: 1 }, 5),
    unknowns: [{ path: ["throttle", "limit"], reason: "`env.LIMIT` is read from the environment", span: span(6) }],
  };
  const given = model([{ ...fn("a", 5, "x"), config }, fn(null, 8, "x")]);
  const manifest = buildManifest({
    ...given,
    opaque: [
      { function: 0, at: "throttle.limit", reason: "from the reader", span: span(6) },
      { function: 1, at: "id", reason: "`tenant` is a parameter", span: span(8) },
    ],
  });
  expect(manifest.functions[0]?.opaque).toMatchObject([{ at: "throttle.limit", reason: "from the reader" }]);
  expect(manifest.opaque).toMatchObject([{ at: "id", location: { line: 8 } }]);
});

it.each<[Shape, unknown]>([
  [{ kind: "unknown" }, null],
  [{ kind: "undefined" }, { type: "null" }],
  [{ kind: "never" }, { type: "null" }],
  [
    { kind: "union", members: [{ kind: "number" }, { kind: "undefined" }] },
    { anyOf: [{ type: "number" }, { type: "null" }] },
  ],
  [
    { kind: "array", element: { kind: "undefined" } },
    { type: "array", items: { type: "null" } },
  ],
])("describes the result %j", (shape, expected) => {
  expect(describeOutput(shape)).toEqual(expected);
});
