import pc from "picocolors";
import { expect, test } from "vitest";

import type { RunDetail } from "./run-source.js";
import { hashOfKey } from "../protocol/step-hash.js";
import { renderRun } from "./render-run.js";
import { renderRunTable } from "./render-run-table.js";

const createdAt = new Date(2026, 0, 2, 3, 4, 5).getTime();
const colors = pc.createColors(false);

const settled = { failures: [], attempt: 0, input: null, output: null, error: null, waitsFor: null };
const run: RunDetail = {
  id: "R1",
  functionId: "shop-order",
  status: "waiting",
  eventId: "E1",
  eventIds: ["E1"],
  parent: null,
  attempt: 0,
  failures: [],
  createdAt,
  startedAt: createdAt,
  endedAt: null,
  nextAt: null,
  endsAs: null,
  output: null,
  error: null,
  reason: null,
  waitsFor: null,
  metadata: [],
  events: [{ id: "E1", name: "order/placed", key: null, data: { a: 1 }, ts: createdAt, receivedAt: createdAt }],
  steps: [
    {
      ...settled,
      id: "charge",
      name: "Charge the card",
      tool: "run",
      status: "completed",
      attempt: 1,
      failures: [
        { attempt: 0, startedAt: createdAt + 5, endedAt: createdAt + 15, error: { name: "Error", message: "no" } },
      ],
      startedAt: createdAt + 5,
      endedAt: createdAt + 1_505,
      output: { id: "ch" },
    },
    {
      ...settled,
      id: "paid",
      name: "paid",
      tool: "waitForEvent",
      status: "waiting",
      startedAt: createdAt + 2_000,
      endedAt: null,
      waitsFor: {
        kind: "event",
        event: "invoice/paid",
        match: 'data.id="1"',
        condition: null,
        until: createdAt + 60_000,
      },
    },
  ],
};

test("a timeline", () => {
  expect(renderRun(run, colors).split("\n")).toEqual([
    "shop-order waiting  R1",
    'event    order/placed E1 {"a":1}',
    "created  2026-01-02 03:04:05.000",
    '     +5 ms ✓ charge  run           1.5 s  {"id":"ch"}  (Charge the card)',
    "             ↻ attempt 1 failed after 10 ms: Error: no",
    '    +2.0 s ◌ paid    waitForEvent  waits for invoice/paid where data.id="1" until 2026-01-02 03:05:05.000',
    "",
  ]);
});

test("what was noted on it", () => {
  const note = {
    scope: "run",
    step: null,
    kind: "inngest.score",
    values: { rizz: { value: 5 } },
    updatedAt: 1,
  } as const;
  const charge = { ...note, scope: "step", step: hashOfKey("charge"), kind: "userland.a" } as const;
  const lines = renderRun({ ...run, metadata: [note, charge] }, colors).split("\n");
  expect(lines.slice(-3)).toEqual([
    'noted    inngest.score {"rizz":{"value":5}}',
    'noted    userland.a on charge {"rizz":{"value":5}}',
    "",
  ]);
});

test("what attempts at a run failed with, and what a step was given", () => {
  const failures = [{ attempt: 0, at: createdAt + 20, error: { name: "TypeError", message: "between" } }];
  const steps = run.steps.slice(0, 1).map((step) => ({ ...step, failures: [], input: [1, { a: 2 }] }));
  expect(
    renderRun({ ...run, failures, steps }, colors)
      .split("\n")
      .slice(3),
  ).toEqual([
    "    +20 ms ↻ attempt 1 failed: TypeError: between",
    '     +5 ms ✓ charge  run           1.5 s  {"id":"ch"}  (Charge the card)',
    '             input [1,{"a":2}]',
    "",
  ]);
});

test("how a run ended", () => {
  const ended = { ...run, steps: [], endedAt: createdAt + 90_000 };
  expect(renderRun({ ...ended, status: "completed", output: [1] }, colors)).toContain(
    "ended    2026-01-02 03:05:35.000 after 1 m 30 s\nresult   [1]\n",
  );
  const error = { name: "TypeError", message: "x is not a function", stack: "secret" };
  expect(renderRun({ ...ended, status: "failed", error }, colors)).toContain(
    "error    TypeError: x is not a function\n",
  );
  expect(renderRun({ ...ended, status: "cancelled", reason: "timed out" }, colors)).toContain("reason   timed out\n");
});

test("a table", () => {
  const { events, steps, metadata, ...row } = run;
  expect(renderRunTable({ data: [row], next: "c2" }, colors).split("\n")).toEqual([
    "run                         status        function    created                  took",
    "R1                          waiting       shop-order  2026-01-02 03:04:05.000",
    "more: --cursor c2",
    "",
  ]);
  expect(renderRunTable({ data: [], next: null }, colors)).toBe("there are no such runs\n");
});

test("a run that rolls back says so, and in the end every error", () => {
  const steps: RunDetail["steps"] = [
    {
      ...settled,
      id: "charge",
      name: "charge",
      tool: "run",
      status: "completed",
      startedAt: createdAt,
      endedAt: createdAt,
    },
    {
      ...settled,
      id: "charge:rollback",
      name: "charge:rollback",
      tool: "rollback",
      status: "retrying",
      attempt: 1,
      startedAt: createdAt,
      endedAt: null,
      waitsFor: { kind: "retry", until: createdAt + 15_000 },
    },
  ];
  const rolling = renderRun({ ...run, endsAs: "failed", steps }, colors);
  expect(rolling).toContain("shop-order rolling back");
  expect(rolling).toMatch(/↻ charge:rollback\s+rollback\s+next attempt at/);
  expect(renderRunTable({ data: [{ ...run, endsAs: "cancelled" }], next: null }, colors)).toContain("rolling back");
  const error = { name: "Error", message: "broken", rollbackErrors: [{ step: "charge", error: new Error("closed") }] };
  const failed = renderRun({ ...run, status: "failed", endedAt: createdAt, error, steps }, colors);
  expect(failed).toContain("error    Error: broken\n         and the rollback of `charge` failed: Error: closed");
});
