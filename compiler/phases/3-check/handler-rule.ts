import type { AppModel, HandlerModel } from "../2-model/model.js";
import type { Finding } from "./rule.js";
import { listHandlers } from "./visit-steps.js";

/** A rule that has no interest in the time. */
export type HandlerRule = (model: AppModel) => Finding[];

/**
 * A rule that sees one handler at a time. A handler that an edit does not concern stays the same object, and so does
 * what was found in it.
 */
export function makeHandlerRule(check: (handler: HandlerModel) => Finding[]): HandlerRule {
  const known = new WeakMap<HandlerModel, readonly Finding[]>();
  return (model) => {
    const findings: Finding[] = [];
    for (const { handler } of listHandlers(model)) {
      let found = known.get(handler);
      if (!found) known.set(handler, (found = check(handler)));
      findings.push(...found);
    }
    return findings;
  };
}
