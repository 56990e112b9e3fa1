import type { ts } from "ts-morph";
import type { FunctionValue } from "../../1-source/evaluate/value.js";
import type { DefinitionHandlers, HandlerFact, LifecycleParts } from "../facts.js";
import type { FunctionModel, HandlerModel, StepNode, StepSite } from "../model.js";
import { noteSendCall, spanOf, type Reading } from "../reading.js";
import type { PendingFunction } from "./function.js";
import { readHandler } from "./handler.js";

/** Reads the handlers of all functions, or takes what is known of them from an earlier version. */
export function readHandlers(reading: Reading, all: readonly PendingFunction[]): void {
  const events = reading.facts.eventShapes.keep([...reading.eventShapes].map((entry) => JSON.stringify(entry)));
  for (const pending of all) {
    const { definedBy } = pending;
    const known = definedBy ? reading.facts.handlers.get(definedBy) : undefined;
    const fact = known && known.events === events ? known : null;
    const model = reading.functions[pending.index];
    if (!model) continue;
    const sendsBefore = reading.sends.length;
    const read: DefinitionHandlers = fact ?? { parts: readParts(reading, pending), events };
    const key = placementKey(reading, pending.index, sendsBefore, read, model);
    const placed = fact
      ? placeParts(reading, pending.index, read)
      : mapParts(read.parts, (part) => part?.model ?? null);
    // The same object as before where nothing has moved: later phases keep what they know by it.
    const same = known && fact === known && known.placed?.key === key ? known.placed.model : null;
    const complete = same ?? { ...model, ...placed };
    reading.functions[pending.index] = complete;
    if (definedBy && !same) reading.facts.handlers.set(definedBy, { ...read, placed: { key, model: complete } });
  }
}

/** All indexes that are in a function's model. */
function placementKey(
  reading: Reading,
  index: number,
  firstSend: number,
  { parts }: DefinitionHandlers,
  model: FunctionModel,
): string {
  const numbers: unknown[] = [index, model.client];
  for (const part of [parts.handler, parts.onFailure, parts.onCancel, parts.onComplete]) {
    if (part && part.sends.length > 0) numbers.push(firstSend);
    for (const definition of part?.invoked.values() ?? []) {
      const found = reading.functionsAt.get(definition) ?? [];
      numbers.push(found, ...found.map((each) => reading.functions[each]?.id));
    }
  }
  return JSON.stringify(numbers);
}

function readParts(reading: Reading, { index, parts }: PendingFunction): LifecycleParts<HandlerFact | null> {
  return {
    handler: readPart(reading, parts.handler, index, "main"),
    onFailure: readPart(reading, parts.onFailure, index, "lifecycle"),
    onCancel: readPart(reading, parts.onCancel, index, "lifecycle"),
    onComplete: readPart(reading, parts.onComplete, index, "lifecycle"),
  };
}

function readPart(
  reading: Reading,
  value: FunctionValue | null,
  index: number,
  part: "main" | "lifecycle",
): HandlerFact | null {
  if (!value) return null;
  const sendsBefore = reading.sends.length;
  const callsBefore = reading.sendCallLog.length;
  reading.invoked.clear();
  const model = readGuarded(reading, value, index, part);
  return {
    model,
    node: value.node,
    firstSend: sendsBefore,
    sends: reading.sends.slice(sendsBefore),
    sendCalls: reading.sendCallLog.slice(callsBefore),
    invoked: new Map(reading.invoked),
  };
}

/** A handler on which the compiler fails is opaque; the rest of the application is built. */
function readGuarded(reading: Reading, value: FunctionValue, index: number, part: "main" | "lifecycle"): HandlerModel {
  try {
    return readHandler(reading, value, index, part);
  } catch (error) {
    const reason = `internal error: ${error instanceof Error ? error.message : String(error)}`;
    const span = spanOf(reading, value.node);
    reading.opaque.push({ function: index, at: "steps", reason, span });
    return {
      span,
      steps: [],
      escapes: [],
      mayEndEarly: true,
      code: value.node.getText(),
      statements: [],
      bodies: [],
      environment: [],
      fieldReads: [],
      output: { kind: "unknown" },
      outputSpan: span,
      hazards: [],
    };
  }
}

/** Puts the present indexes into what was read in an earlier version. */
function placeParts(
  reading: Reading,
  index: number,
  { parts }: DefinitionHandlers,
): LifecycleParts<HandlerModel | null> {
  return mapParts(parts, (part) => {
    if (!part) return null;
    reading.handlerOwner.set(part.node, index);
    for (const call of part.sendCalls) noteSendCall(reading, call);
    const placement: Placement = { reading, invoked: part.invoked, sendOffset: reading.sends.length - part.firstSend };
    for (const send of part.sends) reading.sends.push({ ...send, function: index });
    if (part.sends.length === 0 && part.invoked.size === 0) return part.model;
    return { ...part.model, steps: part.model.steps.map((node) => placeStep(node, placement)) };
  });
}

interface Placement {
  readonly reading: Reading;
  readonly invoked: ReadonlyMap<StepSite, ts.Node>;
  readonly sendOffset: number;
}

function placeStep(node: StepNode, placement: Placement): StepNode {
  if (node.kind !== "step") return { ...node, children: node.children.map((child) => placeStep(child, placement)) };
  const nested = node.nested.map((inner) => placeStep(inner, placement));
  const { target } = node;
  if (target?.kind === "send") {
    const sends = target.sends.map((send) => send + placement.sendOffset);
    return { ...node, nested, target: { ...target, sends } };
  }
  const definition = placement.invoked.get(node);
  if (target?.kind === "function" && definition) {
    const [only, ...others] = placement.reading.functionsAt.get(definition) ?? [];
    const found = only !== undefined && others.length === 0 ? only : null;
    const id = found === null ? target.id : (placement.reading.functions[found]?.id ?? null);
    return { ...node, nested, target: { ...target, function: found, id } };
  }
  return { ...node, nested };
}

function mapParts<From, To>(parts: LifecycleParts<From>, map: (part: From) => To): LifecycleParts<To> {
  return {
    handler: map(parts.handler),
    onFailure: map(parts.onFailure),
    onCancel: map(parts.onCancel),
    onComplete: map(parts.onComplete),
  };
}
