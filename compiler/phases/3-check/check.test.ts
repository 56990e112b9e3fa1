import { expect, test } from "vitest";

import type {
  AppModel,
  FunctionModel,
  HandlerModel,
  StepGroup,
  StepNode,
  StepSite,
  WaiverModel,
} from "../2-model/model.js";
import type { Shape } from "../2-model/shape.js";
import type { Span } from "../2-model/span.js";
import { checkModel } from "./check.js";

/** The model of a program in which everything stands on a line of its own. */
function spanAt(line: number): Span {
  return { file: "a.ts", start: line * 100, end: line * 100 + 10, line, column: 1, endLine: line, endColumn: 11 };
}

function step(id: string, line: number, more: Partial<StepSite> = {}): StepSite {
  const span = spanAt(line);
  return {
    kind: "step",
    tool: "run",
    id,
    template: null,
    idSpan: span,
    span,
    calleeSpan: span,
    argSpans: [],
    awaited: "yes",
    reached: "always",
    statement: 0,
    body: null,
    nested: [],
    through: [],
    result: null,
    resultSpan: null,
    outerWrites: [],
    resultUnused: false,
    unkeyedCalls: [],
    unboundedReads: [],
    rollback: false,
    asyncSpans: [],
    awaitSpan: null,
    options: null,
    target: null,
    ...more,
  };
}

function group(kind: StepGroup["kind"], children: StepNode[], concurrent = false): StepGroup {
  return { kind, children, concurrent, span: spanAt(1) };
}

function handlerOf(steps: StepNode[]): HandlerModel {
  return {
    span: spanAt(1),
    steps,
    escapes: [],
    mayEndEarly: false,
    environment: [],
    fieldReads: [],
    code: "",
    statements: [],
    bodies: [],
    output: { kind: "unknown" },
    outputSpan: spanAt(1),
    hazards: [],
  };
}

function modelOf(steps: StepNode[], waivers: WaiverModel[] = []): AppModel {
  const config = { value: { id: "f" }, span: spanAt(1), spans: new Map(), nameSpans: new Map(), unknowns: [] };
  const fn: FunctionModel = {
    id: "f",
    idSpan: spanAt(1),
    client: 0,
    form: "v3",
    config,
    triggersTwice: false,
    triggers: [],
    triggersSpan: spanAt(1),
    handler: handlerOf(steps),
    onFailure: null,
    onCancel: null,
    onComplete: null,
    input: null,
    export: null,
    span: spanAt(1),
    through: [],
  };
  return {
    root: "/app",
    packageName: "stepwright",
    clients: [
      { id: "app", config: { ...config, value: { id: "app" } }, events: "open", export: null, span: spanAt(1) },
    ],
    events: [],
    functions: [fn],
    sends: [],
    lostSignals: [],
    waivers,
    opaque: [],
  };
}

function list(steps: StepNode[], waivers: WaiverModel[] = []): string[] {
  return checkModel(modelOf(steps, waivers), Date.UTC(2026, 0, 1)).diagnostics.map(
    ({ severity, code, span }) => `${severity} ${code} ${span.line}`,
  );
}

function waiver(code: string, line: number, reason = "because"): WaiverModel {
  return { code, reason, span: spanAt(line), removable: true, covers: { ...spanAt(line), end: line * 100 + 200 } };
}

test.each<[string, StepNode[], string[]]>([
  ["in sequence", [step("a", 2), step("a", 3)], ["warning duplicate-step-id 3"]],
  ["in parallel", [group("parallel", [step("a", 2), step("a", 3)])], ["error duplicate-step-id 3"]],
  [
    "in a race",
    [group("race", [step("a", 2), step("a", 3)])],
    ["warning lost-race-work 2", "error duplicate-step-id 3"],
  ],
  [
    "in parallel chains",
    [group("parallel", [group("sequence", [step("a", 2), step("b", 3)]), step("b", 4)])],
    ["error duplicate-step-id 4"],
  ],
  [
    "in parallel on a condition",
    [group("parallel", [group("branch", [step("a", 2)]), step("a", 3)])],
    ["warning duplicate-step-id 3"],
  ],
  ["in alternatives", [group("branch", [step("a", 2), step("a", 3)])], []],
  ["in a loop", [group("loop", [step("a", 2)])], []],
  ["twice in a loop", [group("loop", [step("a", 2), step("a", 3)])], ["warning duplicate-step-id 3"]],
  ["in overlapping turns", [group("loop", [step("a", 2)], true)], ["warning duplicate-step-id 2"]],
  ["at one place that is reached twice in sequence", [step("a", 2), step("a", 2)], []],
  [
    "at one place that is reached twice in parallel",
    [group("parallel", [step("a", 2), step("a", 2)])],
    ["error duplicate-step-id 2"],
  ],
])("duplicate step ids: %s", (_name, steps, expected) => {
  expect(list(steps)).toEqual(expected);
});

test.each<[string, StepNode[], string[]]>([
  ["last", [step("a", 2), step("b", 3, { awaited: "no" })], ["error unawaited-step 3"]],
  ["before another", [step("a", 2, { awaited: "no" }), step("b", 3)], ["warning unawaited-step 2"]],
  [
    "before its alternative",
    [group("branch", [step("a", 2, { awaited: "no" }), step("b", 3)])],
    ["error unawaited-step 2"],
  ],
  ["unknown", [step("a", 2, { awaited: "unknown" })], []],
])("unawaited steps: %s", (_name, steps, expected) => {
  expect(list(steps)).toEqual(expected);
});

test("a nested step is reported once, against the step around it", () => {
  const inner = step("b", 3, { nested: [step("c", 4)] });
  expect(list([step("a", 2, { nested: [group("parallel", [inner])] })])).toEqual([
    "error nested-step 3",
    "error nested-step 4",
  ]);
});

const big: Shape = { kind: "special", name: "bigint", type: "bigint" };

test.each<[string, Shape, string[]]>([
  ["always", big, ["error unserializable-step-result 2"]],
  ["perhaps", { kind: "union", members: [big, { kind: "string" }] }, ["warning unserializable-step-result 2"]],
  ["in an array", { kind: "array", element: big }, ["warning unserializable-step-result 2"]],
  [
    "in a property",
    { kind: "object", rest: "closed", properties: [{ name: "total", shape: big, optional: false }] },
    ["error unserializable-step-result 2"],
  ],
  [
    "in an optional property",
    { kind: "object", rest: "closed", properties: [{ name: "total", shape: big, optional: true }] },
    ["warning unserializable-step-result 2"],
  ],
])("a bigint result: %s", (_name, result, expected) => {
  expect(list([step("a", 2, { result })])).toEqual(expected);
});

const twice = [step("a", 2), step("a", 3)];

test.each<[string, StepNode[], WaiverModel, string[]]>([
  ["is waived", twice, waiver("duplicate-step-id", 3), []],
  ["is waived for all of the definition", twice, waiver("duplicate-step-id", 2), []],
  [
    "is not waived by another code",
    twice,
    waiver("nested-step", 3),
    ["warning duplicate-step-id 3", "warning unused-waiver 3"],
  ],
  [
    "is not waived elsewhere",
    twice,
    waiver("duplicate-step-id", 7),
    ["warning duplicate-step-id 3", "warning unused-waiver 7"],
  ],
  ["is waived without a reason", twice, waiver("duplicate-step-id", 3, ""), ["warning reasonless-waiver 3"]],
  ["misspelt", [], waiver("duplicate-stepid", 3), ["warning unused-waiver 3"]],
  [
    "a place in a helper is waived at its call",
    [step("a", 2), step("a", 3, { through: [{ callee: "help", span: spanAt(8) }] })],
    waiver("duplicate-step-id", 8),
    [],
  ],
])("a finding %s", (_name, steps, comment, expected) => {
  expect(list(steps, [comment])).toEqual(expected);
});
