/** Phase 3: judges the facts of the model. Rules are pure; all findings are collected and none throws. */
import { type DiagnosticCode, diagnosticCodes } from "../../diagnostics/codes.js";
import { compareDiagnostics, type Diagnostic, type Severity } from "../../diagnostics/diagnostic.js";
import type { AppModel } from "../2-model/model.js";
import { labelSpan, type Rule } from "./rule.js";
import { findAsyncTransactions } from "./rules/async-transaction.js";
import { findConflictingPolicies } from "./rules/conflicting-policies.js";
import { findConstantConditions } from "./rules/constant-condition.js";
import { findCronsInClockChange } from "./rules/cron-in-clock-change.js";
import { findDeadSettings } from "./rules/dead-setting.js";
import { findDeadlocks } from "./rules/deadlock.js";
import { findDuplicateCrons } from "./rules/duplicate-cron.js";
import { findDuplicateFunctionIds } from "./rules/duplicate-function-id.js";
import { findDuplicateStepIds } from "./rules/duplicate-step-id.js";
import { findEventCycles } from "./rules/event-cycle.js";
import { findInferredEvents } from "./rules/inferred-event.js";
import { findInvalidConfigValues } from "./rules/invalid-config-value.js";
import { findInvalidCrons } from "./rules/invalid-cron.js";
import { findInvalidDurations } from "./rules/invalid-duration.js";
import { findInvalidExpressions } from "./rules/invalid-expression.js";
import { findLostRaceWork } from "./rules/lost-race-work.js";
import { findLostRetrySignals } from "./rules/lost-retry-signal.js";
import { findMissingIdempotencyKeys } from "./rules/missing-idempotency-key.js";
import { findNestedSteps } from "./rules/nested-step.js";
import { findNondeterministicCalls } from "./rules/nondeterministic-call.js";
import { findOpaqueDefinitions } from "./rules/opaque-definition.js";
import { findOrphanEvents } from "./rules/orphan-event.js";
import { findOuterWritesInSteps } from "./rules/outer-write-in-step.js";
import { findPayloadMismatches } from "./rules/payload-mismatch.js";
import { findReasonlessWaivers } from "./rules/reasonless-waiver.js";
import { findTimeoutsBeforeSleep } from "./rules/timeout-before-sleep.js";
import { findUnawaitedSteps } from "./rules/unawaited-step.js";
import { findUnboundedStepResults } from "./rules/unbounded-step-result.js";
import { findUnknownEvents } from "./rules/unknown-event.js";
import { findUnsentFields } from "./rules/unsent-field.js";
import { findUnserializableEventData } from "./rules/unserializable-event-data.js";
import { findUnserializableFunctionResults } from "./rules/unserializable-function-result.js";
import { findUnserializableStepResults } from "./rules/unserializable-step-result.js";
import { findUnusedWaivers } from "./rules/unused-waiver.js";
import { findWaitsForOwnEvents } from "./rules/wait-for-own-event.js";
import { applyWaivers, type CodedFinding } from "./waivers.js";

/** Everything that can be waived; `reasonless-waiver` and `unused-waiver` are about what the others found. */
const rules: readonly (readonly [DiagnosticCode, Rule])[] = [
  ["async-transaction", findAsyncTransactions],
  ["conflicting-policies", findConflictingPolicies],
  ["constant-condition", findConstantConditions],
  ["cron-in-clock-change", findCronsInClockChange],
  ["dead-setting", findDeadSettings],
  ["deadlock", findDeadlocks],
  ["duplicate-cron", findDuplicateCrons],
  ["duplicate-function-id", findDuplicateFunctionIds],
  ["duplicate-step-id", findDuplicateStepIds],
  ["event-cycle", findEventCycles],
  ["inferred-event", findInferredEvents],
  ["invalid-config-value", findInvalidConfigValues],
  ["invalid-cron", findInvalidCrons],
  ["invalid-duration", findInvalidDurations],
  ["invalid-expression", findInvalidExpressions],
  ["lost-race-work", findLostRaceWork],
  ["lost-retry-signal", findLostRetrySignals],
  ["missing-idempotency-key", findMissingIdempotencyKeys],
  ["nested-step", findNestedSteps],
  ["nondeterministic-call", findNondeterministicCalls],
  ["opaque-definition", findOpaqueDefinitions],
  ["orphan-event", findOrphanEvents],
  ["outer-write-in-step", findOuterWritesInSteps],
  ["payload-mismatch", findPayloadMismatches],
  ["timeout-before-sleep", findTimeoutsBeforeSleep],
  ["unawaited-step", findUnawaitedSteps],
  ["unbounded-step-result", findUnboundedStepResults],
  ["unknown-event", findUnknownEvents],
  ["unsent-field", findUnsentFields],
  ["unserializable-event-data", findUnserializableEventData],
  ["unserializable-function-result", findUnserializableFunctionResults],
  ["unserializable-step-result", findUnserializableStepResults],
  ["wait-for-own-event", findWaitsForOwnEvents],
];

/** How findings of a code are reported, when not with their own severity. */
export type RuleLevels = Readonly<Partial<Record<DiagnosticCode, Severity | "off">>>;

export interface Judgement {
  /** Without what is waived or off, by file and position. */
  readonly diagnostics: readonly Diagnostic[];
  /** How many waivers took a finding back. */
  readonly waivers: number;
}

/** Everything to report about the application. `now` in ms since 1970. */
export function checkModel(model: AppModel, now: number, levels: RuleLevels = {}): Judgement {
  const { kept, ...outcome } = applyWaivers(
    rules.flatMap(([code, rule]) => codeFindings(code, rule(model, now))),
    model.waivers,
  );
  const aboutWaivers: CodedFinding[] = [
    ...codeFindings("reasonless-waiver", findReasonlessWaivers(model)),
    ...codeFindings("unused-waiver", findUnusedWaivers(model, outcome)),
  ];
  const diagnostics = [...kept, ...aboutWaivers].flatMap((coded) => applyLevel(toDiagnostic(coded), coded, levels));
  return { diagnostics: dropRepeats(diagnostics.sort(compareDiagnostics)), waivers: outcome.used.size };
}

/** What the manifest cannot hold stays an error: the level of its code is for what can be left as it is. */
function applyLevel(diagnostic: Diagnostic, { code, finding }: CodedFinding, levels: RuleLevels): Diagnostic[] {
  const level = levels[code];
  if (level === undefined || finding.binding) return [diagnostic];
  return level === "off" ? [] : [{ ...diagnostic, severity: level }];
}

function codeFindings(code: DiagnosticCode, findings: ReturnType<Rule>): CodedFinding[] {
  return findings.map((finding) => ({ code, finding }));
}

function toDiagnostic({ code, finding }: CodedFinding): Diagnostic {
  const calls = (finding.through ?? []).map(({ callee, span }) => labelSpan(span, `reached through \`${callee}\``));
  return {
    code,
    severity: finding.severity ?? diagnosticCodes[code].severity,
    message: finding.message,
    span: labelSpan(finding.span, finding.label),
    related: [...(finding.related ?? []), ...calls],
    ...(finding.help !== undefined && { help: finding.help }),
    ...(finding.fixes !== undefined && { fixes: finding.fixes }),
  };
}

/** One place in a helper that several handlers reach gives the same finding for each; one of them is enough. */
function dropRepeats(sorted: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  return sorted.filter(({ code, message, span }) => {
    const key = JSON.stringify([code, message, span.file, span.line, span.column]);
    return !seen.has(key) && seen.add(key);
  });
}
