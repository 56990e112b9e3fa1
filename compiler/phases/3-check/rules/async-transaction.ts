import { makeHandlerRule } from "../handler-rule.js";
import { nameStep } from "../name-step.js";
import { labelSpan } from "../rule.js";
import { listAllSteps } from "../visit-steps.js";

/** The embedded store executes the callback inside the commit, where nothing waits for a promise. */
export const findAsyncTransactions = makeHandlerRule((handler) =>
  listAllSteps(handler.steps).flatMap((site) =>
    site.asyncSpans.map((span) => ({
      message: `the transaction of ${nameStep(site)} is asynchronous`,
      span,
      label: "an `async` function returns a promise",
      related: [labelSpan(site.calleeSpan, "its callback has to be synchronous")],
      help: "leave out `async` and `await`; do what takes time in a `step.run` before, and pass its result on",
      through: site.through,
    })),
  ),
);
