import { labelSpan, type Rule } from "../rule.js";

/** These errors tell the runtime when to try again, or not to; one that is caught on its way tells nobody. */
export const findLostRetrySignals: Rule = (model) =>
  model.lostSignals.map(({ name, replaces, span, catchSpan }) => ({
    message: replaces
      ? `this \`${name}\` is caught here and another error is thrown in its place`
      : `this \`${name}\` is caught here and never reaches the runtime`,
    span,
    label: name === "NonRetriableError" ? "meant to end all attempts" : "meant to say when to try again",
    related: [labelSpan(catchSpan, "caught here")],
    help: `throw it on: \`if (error instanceof ${name}) throw error\``,
  }));
