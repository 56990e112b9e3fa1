import { ts } from "ts-morph";
import type { FunctionValue, Value } from "../../1-source/evaluate/value.js";
import { normaliseCode } from "../normalised-code.js";
import type { HandlerModel } from "../model.js";
import { spanOf, type Reading } from "../reading.js";
import { awaitedShape } from "../type-shape.js";
import { HandlerWalk } from "./handler-walk.js";
import { contextRole } from "./step-value.js";

/** The step graph and the other facts of one handler. */
export function readHandler(reading: Reading, handler: FunctionValue, functionIndex: number): HandlerModel {
  const { node } = handler;
  reading.handlerOwner.set(node, functionIndex);
  const [context] = node.parameters;
  const bindings = new Map<ts.Node, Value>();
  if (context) bindings.set(context, { kind: "input", role: contextRole, node: context });
  const walk = new HandlerWalk(reading, functionIndex, node);
  const steps = walk.body(node, handler.scope.with(bindings));
  const [signature] = returnsValue(node) ? reading.evaluation.checker.getTypeAtLocation(node).getCallSignatures() : [];
  return {
    span: spanOf(reading, node),
    steps,
    escapes: walk.escapes,
    code: [node, ...walk.followed].map(normaliseCode).join("\n"),
    output: signature ? awaitedShape(reading, signature.getReturnType()) : { kind: "undefined" },
  };
}

function returnsValue(node: ts.Node): boolean {
  if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) return true;
  const visit = (child: ts.Node): boolean | undefined => {
    if (ts.isReturnStatement(child)) return child.expression !== undefined || undefined;
    return ts.isFunctionLike(child) ? undefined : ts.forEachChild(child, visit);
  };
  return ts.forEachChild(node, visit) ?? false;
}
