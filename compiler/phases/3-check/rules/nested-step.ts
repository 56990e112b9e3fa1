import { makeHandlerRule } from "../handler-rule.js";
import { nameStep } from "../name-step.js";
import { labelSpan } from "../rule.js";
import { listAllSteps, listSteps } from "../visit-steps.js";

/** A step's callback runs again as a whole when it is retried, so nothing durable can begin inside it. */
export const findNestedSteps = makeHandlerRule((handler) =>
  listAllSteps(handler.steps).flatMap((outer) =>
    // What is nested deeper is reported against the step around it.
    listSteps(outer.nested).map(({ site: inner }) => ({
      message: `${nameStep(inner)} is inside the callback of ${nameStep(outer)}`,
      span: inner.calleeSpan,
      label: "a step cannot begin here",
      related: [labelSpan(outer.calleeSpan, "inside this step")],
      help: "call it in the handler, before or after the outer step, and pass the result on",
      through: inner.through.slice(outer.through.length),
    })),
  ),
);
