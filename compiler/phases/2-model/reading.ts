import type { ts } from "ts-morph";
import type { Evaluation } from "../1-source/evaluate/evaluation.js";
import type { Source } from "../1-source/open-source.js";
import type { Facts } from "./facts.js";
import type { ClientModel, EventModel, FunctionModel, OpaqueModel, SendSite, StepSite } from "./model.js";
import { ReachableCode } from "./reachable-code.js";
import type { Shape } from "./shape.js";
import type { Span } from "./span.js";

/** What the readers share while they fill the model of one version of the program. */
export interface Reading {
  readonly source: Source;
  readonly evaluation: Evaluation;
  readonly clients: ClientModel[];
  /** By the `new` expression. */
  readonly clientAt: Map<ts.Node, number>;
  readonly events: EventModel[];
  /** Of the data of each declared event, by name; null where two declarations differ. */
  readonly eventShapes: Map<string, Shape | null>;
  readonly functions: FunctionModel[];
  /** By the `createFunction` call; a factory's call makes more than one. */
  readonly functionsAt: Map<ts.Node, number[]>;
  /** The function in whose handler a piece of code is, by the handler's node. */
  readonly handlerOwner: Map<ts.Node, number>;
  readonly sends: SendSite[];
  /** Calls that are already in `sends`. */
  readonly sendCalls: Set<ts.Node>;
  /** The same in the order in which they were met. */
  readonly sendCallLog: ts.Node[];
  readonly opaque: OpaqueModel[];
  /** What earlier versions of the program have left. */
  readonly facts: Facts;
  /** The definition that each invoking step names; its index may differ in the next version. */
  readonly invoked: Map<StepSite, ts.Node>;
  readonly code: ReachableCode;
  /** Shapes of types that were asked for before. */
  readonly shapes: Map<ts.Type, Shape>;
}

export function startReading(source: Source, facts: Facts): Reading {
  const reading: Omit<Reading, "code"> = {
    source,
    evaluation: source.evaluation,
    clients: [],
    clientAt: new Map(),
    events: [],
    eventShapes: new Map(),
    functions: [],
    functionsAt: new Map(),
    handlerOwner: new Map(),
    sends: [],
    sendCalls: new Set(),
    sendCallLog: [],
    opaque: [],
    facts,
    invoked: new Map(),
    shapes: new Map(),
  };
  return Object.assign(reading, { code: new ReachableCode(source.evaluation, reading) });
}

export function noteSendCall(reading: Reading, call: ts.Node): void {
  reading.sendCalls.add(call);
  reading.sendCallLog.push(call);
}

/** Reads one thing; when the compiler itself fails on it, that thing is opaque and the rest is read all the same. */
export function readGuarded(reading: Reading, node: ts.Node, at: string, read: () => void): void {
  try {
    read();
  } catch (error) {
    const reason = `internal error: ${error instanceof Error ? error.message : String(error)}`;
    reading.opaque.push({ function: null, at, reason, span: spanOf(reading, node) });
  }
}

export function spanOf(reading: Reading, node: ts.Node): Span {
  const file = node.getSourceFile();
  return spanBetween(reading, file, node.getStart(file), node.end);
}

export function spanBetween(reading: Reading, file: ts.SourceFile, start: number, end: number): Span {
  const from = file.getLineAndCharacterOfPosition(start);
  const to = file.getLineAndCharacterOfPosition(end);
  return {
    file: reading.source.pathOf(file),
    start,
    end,
    line: from.line + 1,
    column: from.character + 1,
    endLine: to.line + 1,
    endColumn: to.character + 1,
  };
}
