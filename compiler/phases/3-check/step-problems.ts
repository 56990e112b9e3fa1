/** What is wrong with the options of steps: times, conditions, and options that exclude each other. */
import { longestWait } from "../../../runtime/manifest/config/config-reader.js";
import { formatDuration, parseDuration } from "../../../runtime/manifest/duration.js";
import { parseIsoMoment } from "../../../runtime/manifest/moment.js";
import { normalizeRetries } from "../../../runtime/manifest/function-config.js";
import { compileExpression, compileMatch } from "../../../runtime/manifest/expression/compile-expression.js";
import type { DiagnosticCode } from "../../diagnostics/codes.js";
import { type Folded, spanAt } from "../2-model/folded.js";
import type { StepSite } from "../2-model/model.js";
import { nameSubject } from "./config-problems.js";
import { fixDuration } from "./duration-fix.js";
import { type HandlerRule, makeHandlerRule } from "./handler-rule.js";
import { narrowToText } from "./narrow-span.js";
import { readMember } from "./read-member.js";
import { type Finding, labelSpan } from "./rule.js";
import { listAllSteps } from "./visit-steps.js";

/** A rule for the findings of one code, over the steps of all handlers. */
export function makeStepRule(code: DiagnosticCode): HandlerRule {
  return makeHandlerRule((handler) =>
    listAllSteps(handler.steps).flatMap((site) =>
      listProblems(site)
        .filter((problem) => problem.code === code)
        .map(({ finding }) => ({ ...finding, through: site.through })),
    ),
  );
}

interface StepProblem {
  readonly code: DiagnosticCode;
  readonly finding: Finding;
}

/** Three rules ask for the same problems; checking a step parses its condition, so it is done once. */
const found = new WeakMap<StepSite, readonly StepProblem[]>();

function listProblems(site: StepSite): readonly StepProblem[] {
  const known = found.get(site);
  if (known) return known;
  const problems = checkOptions(site);
  found.set(site, problems);
  return problems;
}

function checkOptions({ tool, options }: StepSite): StepProblem[] {
  if (!options) return [];
  switch (tool) {
    case "sleep":
      return checkDuration(options, [], longestWait);
    case "sleepUntil":
      return checkMoment(options);
    case "waitForEvent":
      return [
        ...checkTimeout(options),
        ...checkDuration(options, ["lookback"], longestWait),
        ...checkConditions(options),
      ];
    case "run":
    case "transaction":
    case "ai.wrap":
      return [...checkRetries(options), ...checkDuration(options, ["timeout"])];
    case "waitForSignal":
    case "invoke":
      return checkTimeout(options);
    default:
      return [];
  }
}

/** As in the configuration of a function. */
function checkRetries(options: Folded): StepProblem[] {
  const retries = readMember(options.value, "retries");
  if (retries === undefined || retries === null) return [];
  return normalizeRetries(retries).problems.map((problem) => {
    const finding = { message: nameSubject(problem), help: problem.help, span: spanAt(options, problem.path) };
    return { code: problem.code, finding };
  });
}

/** Only what is constant text or a number: a `Date` or a `Temporal.Duration` is made when the step runs. */
function checkDuration(options: Folded, path: readonly string[], longest = Infinity): StepProblem[] {
  const value = path.reduce<unknown>(readMember, options.value);
  if (typeof value !== "string" && typeof value !== "number") return [];
  const parsed = parseDuration(value);
  if (parsed.ok && parsed.value <= longest) return [];
  const { message, help } = parsed.ok
    ? {
        message: `\`${JSON.stringify(value)}\` is longer than ${formatDuration(longest)}`,
        help:
          path[0] === "lookback"
            ? "no run looks further back than that"
            : "sleep in a loop, or start another run later with an event",
      }
    : parsed;
  const span = spanAt(options, path);
  return [{ code: "invalid-duration", finding: { message, help, span, ...fixDuration(span, value) } }];
}

/** A length of time, or a moment. */
function checkTimeout(options: Folded): StepProblem[] {
  const timeout = readMember(options.value, "timeout");
  return typeof timeout === "string" && parseIsoMoment(timeout) !== null ? [] : checkDuration(options, ["timeout"]);
}

function checkMoment(options: Folded): StepProblem[] {
  const { value } = options;
  if (typeof value !== "string" || !Number.isNaN(Date.parse(value))) return [];
  const finding: Finding = {
    message: `\`${JSON.stringify(value)}\` is not a date`,
    span: options.span,
    help: 'give a `Date` or an ISO date such as `"2030-01-31T09:00:00Z"`; for a length of time use `step.sleep`',
  };
  return [{ code: "invalid-duration", finding }];
}

function checkConditions(options: Folded): StepProblem[] {
  const condition = readMember(options.value, "if");
  const match = readMember(options.value, "match");
  const problems: StepProblem[] = [];
  if (typeof condition === "string") {
    const compiled = compileExpression(condition, { async: true });
    if (!compiled.ok) {
      const { message, help, position } = compiled;
      const span = narrowToText(spanAt(options, ["if"]), condition, position);
      problems.push({ code: "invalid-expression", finding: { message, help, span } });
    }
  }
  if (typeof match === "string") {
    const compiled = compileMatch(match);
    if (!compiled.ok) {
      const { message, help } = compiled;
      problems.push({ code: "invalid-expression", finding: { message, help, span: spanAt(options, ["match"]) } });
    }
  }
  if (typeof condition === "string" && typeof match === "string") {
    const finding: Finding = {
      message: "`match` and `if` exclude each other",
      span: spanAt(options, ["match"]),
      related: [labelSpan(spanAt(options, ["if"]), "the other condition")],
      help: 'write both as one `if`: `match: "data.x"` means `event.data.x == async.data.x`',
    };
    problems.push({ code: "conflicting-policies", finding });
  }
  return problems;
}
