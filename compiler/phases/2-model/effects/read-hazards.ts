import { ts } from "ts-morph";
import type { Scope } from "../../1-source/evaluate/scope.js";
import type { FunctionNode } from "../../1-source/evaluate/value.js";
import type { ReplayHazard } from "../model.js";
import { spanOf, type Reading } from "../reading.js";
import { EffectWalk } from "./effect-walk.js";
import type { KnownCalls } from "./known-calls.js";
import { recordingOf } from "./recording.js";
import { clean } from "./taint.js";

/** Values in a handler that a replay gets anew, and what they reach. A handler without steps is never replayed. */
export function readHazards(reading: Reading, node: FunctionNode, scope: Scope, calls: KnownCalls): ReplayHazard[] {
  const walk = new EffectWalk(reading, node, calls);
  walk.functionBody(node, { scope, frames: [], main: true, returned: { taint: clean } }, []);
  return walk.hazards.list().map(({ origin, reaches }) => ({
    kind: origin.kind,
    source: origin.name,
    sourceSpan: spanOf(reading, origin.node),
    span: spanOf(reading, origin.entry),
    chain: origin.chain,
    through: origin.through,
    secret: isSecret(origin.entry),
    reaches,
    recorded: recordingOf(reading, node, origin),
  }));
}

const secretName = /token|credential|secret|password|passphrase|api_?key|authoriz|oauth|session|getAuth/i;

/** By the names of what is called and of the variables that it goes into. */
function isSecret(entry: ts.Node): boolean {
  if (ts.isCallExpression(entry) && secretName.test(entry.expression.getText())) return true;
  let current = entry.parent;
  while (ts.isAwaitExpression(current) || ts.isParenthesizedExpression(current) || ts.isAsExpression(current)) {
    current = current.parent;
  }
  return ts.isVariableDeclaration(current) && secretName.test(current.name.getText());
}
