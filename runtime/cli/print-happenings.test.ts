import pc from "picocolors";
import { expect, test } from "vitest";

import type { Happening } from "../engine/engine.js";
import { makeHappeningPrinter } from "./print-happenings.js";

const at = new Date(2026, 0, 2, 3, 4, 5, 6).getTime();
const run = { at, runId: "R1", functionId: "shop-order" };
const step = { ...run, stepKey: "charge" };

const lines: [Happening, string][] = [
  [{ kind: "event-received", at, eventId: "E1", name: "order/placed" }, "order/placed E1"],
  [
    { kind: "run-started", ...run, eventName: "order/placed", replayed: false },
    "#1 shop-order started by order/placed R1",
  ],
  [
    { kind: "step-retrying", ...step, attempt: 0, error: '{"name":"Error","message":"no\\nmore"}', nextAt: at + 1_500 },
    "#1 shop-order ↻ charge attempt 1 failed: Error: no; next in 1.5 s",
  ],
  [
    { kind: "step-completed", ...step, tool: "run", attempt: 1, durationMs: 12.4, output: '{"id":1}' },
    '#1 shop-order ✓ charge 12 ms {"id":1}',
  ],
  [
    {
      kind: "step-completed",
      ...step,
      tool: "run",
      attempt: 1,
      durationMs: 12.4,
      output: JSON.stringify("x".repeat(100)),
    },
    `#1 shop-order ✓ charge 12 ms "${"x".repeat(78)}…`,
  ],
  [
    { kind: "step-waiting", ...step, on: "sleep", until: at },
    "#1 shop-order ◌ charge sleeps until 2026-01-02 03:04:05.006",
  ],
  [{ kind: "step-waiting", ...step, on: "event", until: null }, "#1 shop-order ◌ charge waits for an event"],
  [
    {
      kind: "step-failed",
      ...step,
      tool: "run",
      attempt: 4,
      durationMs: 1,
      output: '{"name":"TypeError","message":"x"}',
    },
    "#1 shop-order ✗ charge failed after 5 attempts: TypeError: x",
  ],
  [
    { kind: "run-started", ...run, runId: "R2", eventName: "", replayed: true },
    "#2 shop-order continued from its journal R2",
  ],
  [
    { kind: "run-retrying", ...run, attempt: 0, error: '{"name":"Error","message":"x"}', nextAt: at + 60_000 },
    "#1 shop-order ↻ handler attempt 1 failed: Error: x; next in 1 m 0 s",
  ],
  [
    { kind: "run-ended", ...run, at: at + 3_723_000, status: "completed", output: "[1]" },
    "#1 shop-order completed after 1 h 2 m [1]",
  ],
  [{ kind: "notice", at, code: "expression-failed", message: "`x`: y" }, "notice[expression-failed] `x`: y"],
];

test("one line for each thing that happens", () => {
  const print = makeHappeningPrinter(pc.createColors(false));
  for (const [happening, line] of lines) {
    const printed = print(happening);
    expect(printed.slice(13)).toBe(line);
    expect(printed).not.toContain("\n");
  }
});

test("the time, in the zone of the machine", () => {
  const print = makeHappeningPrinter(pc.createColors(false));
  expect(print({ kind: "event-received", at, eventId: "E1", name: "a" })).toBe("03:04:05.006 a E1");
});
