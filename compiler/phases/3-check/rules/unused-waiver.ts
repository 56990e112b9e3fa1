import { diagnosticCodes, isDiagnosticCode, listDiagnosticCodes } from "../../../diagnostics/codes.js";
import type { AppModel, WaiverModel } from "../../2-model/model.js";
import { findNearestName } from "../../../diagnostics/nearest-name.js";
import { type Finding, labelSpan } from "../rule.js";
import type { WaivedFindings } from "../waivers.js";

/** A waiver outlives what it was written for, and would then hide the next fault. */
export function findUnusedWaivers(model: AppModel, outcome: Pick<WaivedFindings, "used" | "refused">): Finding[] {
  return model.waivers
    .filter((waiver) => waiver.code !== "" && !outcome.used.has(waiver))
    .map((waiver) => (outcome.refused.has(waiver) ? describeRefused(waiver) : describeUnused(waiver)));
}

function describeRefused({ code, span }: WaiverModel): Finding {
  return {
    message: `\`${code}\` cannot be waived here`,
    span,
    label: "the manifest cannot hold what it covers",
    help: "correct what it is about, and remove the comment",
  };
}

function describeUnused(waiver: WaiverModel): Finding {
  const { code, span, removable } = waiver;
  if (isDiagnosticCode(code)) {
    return {
      message: `there is no \`${code}\` here to waive`,
      span,
      label: `covers no place with ${diagnosticCodes[code].title}`,
      help: "remove the comment, or move it to the line or the definition that it is meant for",
      ...(removable && { fixes: [{ title: "remove the comment", edits: [{ span: labelSpan(span), text: "" }] }] }),
    };
  }
  const nearest = findNearestName(code, listDiagnosticCodes());
  return {
    message: `\`${code}\` is not a code that can be waived`,
    span,
    help: nearest === null ? "`stepwright explain` lists the codes" : `did you mean \`${nearest}\`?`,
  };
}
