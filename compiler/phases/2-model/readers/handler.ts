import { ts } from "ts-morph";
import type { FunctionNode, FunctionValue, Value } from "../../1-source/evaluate/value.js";
import { normaliseCode } from "../normalised-code.js";
import type { EnvironmentRead, HandlerModel } from "../model.js";
import { spanOf, type Reading } from "../reading.js";
import { readHazards } from "../effects/read-hazards.js";
import { ControlHashes } from "./control-places.js";
import type { EnvironmentNeed } from "./environment-reads.js";
import { readFieldReads } from "./field-reads.js";
import { mayEndEarly } from "./early-end.js";
import { HandlerWalk } from "./handler-walk.js";
import { returnedShape } from "../expression-shape.js";
import { resultNode } from "./result-node.js";
import { contextRole } from "./step-value.js";

/** The step graph and the other facts of one handler. */
export function readHandler(
  reading: Reading,
  handler: FunctionValue,
  functionIndex: number,
  /** `main` gets the events of the triggers, the others events about the run. */
  part: "main" | "lifecycle",
): HandlerModel {
  const { node } = handler;
  reading.handlerOwner.set(node, functionIndex);
  const [context] = node.parameters;
  const bindings = new Map<ts.Node, Value>();
  if (context) {
    const subject = part === "main" ? { subject: functionIndex } : {};
    bindings.set(context, { kind: "input", role: contextRole, ...subject, node: context });
  }
  const scope = handler.scope.with(bindings);
  const walk = new HandlerWalk(reading, functionIndex, node);
  const steps = walk.body(node, scope);
  return {
    span: spanOf(reading, node),
    steps,
    escapes: walk.escapes,
    mayEndEarly: [node, ...walk.followed].some(mayEndEarly),
    code: [node, ...walk.followed].map((each) => normaliseCode(each)).join("\n"),
    statements: new ControlHashes(reading.code, node).list(walk.places),
    bodies: walk.bodies.map((body) => reading.code.hash([body])),
    environment: listEnvironment(reading, node, walk),
    fieldReads: part === "main" && isUndeclared(reading, functionIndex) ? readFieldReads(reading, node) : [],
    output: returnedShape(reading, handler, scope),
    outputSpan: spanOf(reading, resultNode(node)),
    hazards: steps.length > 0 ? readHazards(reading, node, scope, walk) : [],
  };
}

/** Whether nothing declares what starts it: the checker knows the fields of all other events. */
function isUndeclared(reading: Reading, functionIndex: number): boolean {
  const triggers = reading.functions[functionIndex]?.triggers ?? [];
  return (
    triggers.length > 0 &&
    triggers.every(
      (trigger) => trigger.kind === "event" && trigger.event !== null && !reading.eventShapes.has(trigger.event),
    )
  );
}

/** Each variable once, by name, with the read that says most about it. */
function listEnvironment(reading: Reading, { parameters, body }: FunctionNode, walk: HandlerWalk): EnvironmentRead[] {
  const statements = ts.isBlock(body) ? body.statements : [body];
  const reads = reading.code.environment([...parameters, ...statements, ...walk.bodies]);
  const strongest = new Map<string, (typeof reads)[number]>();
  for (const read of reads) {
    const known = strongest.get(read.name);
    if (!known || needs.indexOf(read.need) < needs.indexOf(known.need)) strongest.set(read.name, read);
  }
  return [...strongest.values()]
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, need, fallback, node }) => ({
      name,
      need: need === "demanded" || need === "asserted" ? "required" : need === "default" ? "default" : "optional",
      fallback,
      span: spanOf(reading, node),
    }));
}

/** Where the code asks in one place whether a variable is set, it copes without it in the others. */
const needs: readonly EnvironmentNeed[] = ["demanded", "default", "tested", "asserted", "plain"];
