import { describeUnknown } from "../../1-source/evaluate/describe.js";
import { evaluateArguments } from "../../1-source/evaluate/evaluate-call.js";
import { nameInOurs, type CallTerm, type Slot, type Value } from "../../1-source/evaluate/value.js";
import { fold, stringAt } from "../fold.js";
import type { Folded } from "../folded.js";
import type { TriggerModel } from "../model.js";
import { spanOf, type Reading } from "../reading.js";
import { toJsonSchema } from "../json-schema.js";
import type { Shape } from "../shape.js";
import { eventNameOf } from "./event-type.js";
import { readSchema } from "./schema.js";

export interface ReadTriggers {
  readonly models: readonly TriggerModel[];
  /** Of `data`, from an `invoke(schema)` among them. */
  readonly input: Shape | null;
}

/** Null when not even the number of triggers is known; the reason goes to the opaque entries. */
export function readTriggers(
  reading: Reading,
  functionIndex: number,
  slot: Slot | undefined,
  config: Value,
): ReadTriggers | null {
  if (!slot) {
    // A configuration that cannot be seen may have triggers.
    const hidden = config.kind === "object" ? config.rest : config.kind === "constant" ? null : config;
    if (!hidden) return { models: [], input: null };
    const reason = describeUnknown(hidden);
    reading.opaque.push({ function: functionIndex, at: "triggers", reason, span: spanOf(reading, hidden.node) });
    return null;
  }
  const { value } = slot;
  const slots = value.kind === "array" ? (value.rest ? null : value.elements) : [slot];
  if (!slots || !isReadable(reading, value)) {
    const reason = value.kind === "array" && value.rest ? value.rest.reason : describeUnknown(value);
    reading.opaque.push({ function: functionIndex, at: "triggers", reason, span: spanOf(reading, slot.node) });
    return null;
  }
  let input: Shape | null = null;
  const models = slots.map((trigger, index): TriggerModel => {
    const read = readTrigger(reading, trigger);
    input ??= read.input;
    for (const unknown of read.model.value.unknowns) {
      if (unknown.path[0] === "schema") continue;
      const at = ["triggers", index, ...unknown.path].join(".");
      reading.opaque.push({ function: functionIndex, at, reason: unknown.reason, span: unknown.span });
    }
    return read.model;
  });
  return { models, input };
}

function isReadable(reading: Reading, value: Value): boolean {
  if (value.kind === "array" || value.kind === "object" || value.kind === "constant") return true;
  return value.kind === "call" && (nameInOurs(value.callee) !== null || eventNameOf(reading, value) !== null);
}

const triggerFields: ReadonlySet<unknown> = new Set(["event", "if", "cron", "jitter", "catchup", "schema"]);

interface ReadTrigger {
  readonly model: TriggerModel;
  readonly input: Shape | null;
}

function readTrigger(reading: Reading, slot: Slot): ReadTrigger {
  const { value, node } = slot;
  const span = spanOf(reading, node);
  if (value.kind === "call") {
    const maker = nameInOurs(value.callee);
    if (maker === "cron") return { model: { kind: "cron", value: foldCron(reading, value), span }, input: null };
    if (maker === "invoke") {
      const [schema] = argumentsOf(reading, value);
      const shape = schema ? readSchema(reading, schema.value, schema.node).shape : null;
      const json = shape && shape.kind !== "unknown" ? toJsonSchema(shape) : null;
      const empty: Folded = { value: {}, span, spans: new Map(), nameSpans: new Map(), unknowns: [] };
      return { model: { kind: "invoke", schema: json, value: empty, span }, input: shape };
    }
  }
  const whole = fold(reading, value, node, new Set(["schema"]));
  // A field that means nothing here may be what it likes.
  const unknowns = whole.unknowns.filter(({ path }) => path.length === 0 || triggerFields.has(path[0]));
  const folded: Folded = { ...whole, unknowns };
  const names = typeof folded.value === "object" && folded.value !== null ? Object.keys(folded.value) : [];
  if (names.includes("event")) {
    return { model: { kind: "event", event: stringAt(folded, "event"), value: folded, span }, input: null };
  }
  if (names.includes("cron")) return { model: { kind: "cron", value: folded, span }, input: null };
  return { model: { kind: "other", value: folded, span }, input: null };
}

function argumentsOf(reading: Reading, value: CallTerm): readonly Slot[] {
  return "arguments" in value.node ? evaluateArguments(reading.evaluation, value.node.arguments, value.scope) : [];
}

/** `cron("0 * * * *", { jitter: "30s" })` as `{ cron: "0 * * * *", jitter: "30s" }`. */
function foldCron(reading: Reading, value: CallTerm): Folded {
  const [expression, options] = argumentsOf(reading, value);
  const properties = new Map<string, Slot>();
  if (expression) properties.set("cron", expression);
  if (options?.value.kind === "object") for (const [name, slot] of options.value.properties) properties.set(name, slot);
  return fold(reading, { kind: "object", properties, rest: null, node: value.node }, value.node);
}
