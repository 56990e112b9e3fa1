import { makeHandlerRule } from "../handler-rule.js";
import { nameStep } from "../name-step.js";
import { listAllSteps } from "../visit-steps.js";

/** A step's result is kept in the journal and has a limit of 4 MiB; a table that grows reaches it one day. */
export const findUnboundedStepResults = makeHandlerRule((handler) =>
  listAllSteps(handler.steps).flatMap((site) =>
    site.unboundedReads.map(({ name, limit, filtered, span }) => ({
      // How many rows a condition leaves cannot be told.
      ...(filtered && { severity: "info" as const }),
      message: filtered
        ? `${nameStep(site)} returns all rows that fit, however many there are`
        : `${nameStep(site)} returns a whole table`,
      span,
      label: `\`${name}\` without \`${limit}\``,
      help: `read page by page with \`${limit}\`, one step a page, and return only the fields that are needed`,
      through: site.through,
    })),
  ),
);
