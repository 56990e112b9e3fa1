/** Every expression that is written out in a configuration, a trigger or a wait, with what is known of its events. */
import { compileMatch } from "../../../runtime/manifest/expression/compile-expression.js";
import { type Folded, spanAt } from "../2-model/folded.js";
import type { CallFrame, FunctionModel } from "../2-model/model.js";
import type { Shape } from "../2-model/shape.js";
import type { Span } from "../2-model/span.js";
import type { EventShapes } from "./event-shapes.js";
import { narrowToText } from "./narrow-span.js";
import { readMember } from "./read-member.js";
import { handlersOf, listAllSteps } from "./visit-steps.js";

export interface ExpressionSite {
  readonly source: string;
  readonly use: "condition" | "key" | "priority";
  /** Of the event that starts the run. */
  readonly event: Shape;
  /** Of the event that is waited for, or that cancels; null where there is none. */
  readonly async: Shape | null;
  /** The place of the character at `position` in `source`, up to the end of what is written. */
  readonly spanOf: (position: number) => Span;
  readonly through: readonly CallFrame[];
}

type Path = readonly (string | number)[];

const keyed = ["throttle", "rateLimit", "debounce", "singleton", "batchEvents", "idempotency"];

/** In order: its configuration, its triggers, its steps. */
export function listExpressionSites(fn: FunctionModel, shapes: EventShapes): ExpressionSite[] {
  const event = shapes.ofFunction(fn);
  return [...listInConfig(fn, event, shapes), ...listInTriggers(fn, shapes), ...listInWaits(fn, event, shapes)];
}

function listInConfig(fn: FunctionModel, event: Shape, shapes: EventShapes): ExpressionSite[] {
  const { config, through } = fn;
  const base = { event, async: null, through };
  const limits = readMember(config.value, "concurrency");
  const concurrency: Path[] = Array.isArray(limits)
    ? limits.map((_, index) => ["concurrency", index, "key"])
    : [["concurrency", "key"]];
  const cancelOn = readMember(config.value, "cancelOn");
  const cancels: readonly unknown[] = Array.isArray(cancelOn) ? cancelOn : [];
  return [
    ...[...concurrency, ...keyed.map((name) => [name, "key"]), ["idempotency"]].flatMap((path) =>
      readSite(config, path, { ...base, use: "key" }),
    ),
    ...readSite(config, ["batchEvents", "if"], { ...base, use: "condition" }),
    ...readSite(config, ["priority", "run"], { ...base, use: "priority" }),
    ...cancels.flatMap((entry, index) => {
      const name = readMember(entry, "event");
      const async = shapes.ofName(typeof name === "string" ? name : null, fn.client);
      return readCondition(config, ["cancelOn", index], { ...base, async });
    }),
  ];
}

function listInTriggers(fn: FunctionModel, shapes: EventShapes): ExpressionSite[] {
  return (fn.triggers ?? []).flatMap((trigger) => {
    if (trigger.kind !== "event") return [];
    const event = shapes.ofName(trigger.event, fn.client);
    return readSite(trigger.value, ["if"], { event, async: null, through: fn.through, use: "condition" });
  });
}

function listInWaits(fn: FunctionModel, event: Shape, shapes: EventShapes): ExpressionSite[] {
  return handlersOf(fn).flatMap((handler) =>
    listAllSteps(handler.steps).flatMap(({ target, options, through }) => {
      if (target?.kind !== "event" || !options) return [];
      // The handlers of a life cycle are started by an event of their own.
      const own: Shape = handler === fn.handler ? event : { kind: "unknown" };
      return readCondition(options, [], { event: own, async: shapes.ofName(target.name, fn.client), through });
    }),
  );
}

type Known = Omit<ExpressionSite, "source" | "spanOf">;

function readCondition(folded: Folded, path: Path, known: Omit<Known, "use">): ExpressionSite[] {
  const match = readText(folded, [...path, "match"]);
  const compiled = match === null ? null : compileMatch(match);
  const span = spanAt(folded, [...path, "match"]);
  return [
    ...readSite(folded, [...path, "if"], { ...known, use: "condition" }),
    ...(compiled?.ok
      ? [{ ...known, use: "condition" as const, source: compiled.value.source, spanOf: () => span }]
      : []),
  ];
}

function readSite(folded: Folded, path: Path, known: Known): ExpressionSite[] {
  const source = readText(folded, path);
  if (source === null) return [];
  return [{ ...known, source, spanOf: (position) => narrowToText(spanAt(folded, path), source, position) }];
}

function readText(folded: Folded, path: Path): string | null {
  const value = path.reduce<unknown>((parent, part) => readMember(parent, String(part)), folded.value);
  return typeof value === "string" ? value : null;
}
