/** `// stepwright-allow <code>: reason`: which findings it takes back, and which waivers take back none. */
import type { DiagnosticCode } from "../../diagnostics/codes.js";
import type { WaiverModel } from "../2-model/model.js";
import type { Span } from "../2-model/span.js";
import type { Finding } from "./rule.js";

export interface CodedFinding {
  readonly code: DiagnosticCode;
  readonly finding: Finding;
}

export interface WaivedFindings {
  /** What is left to report. */
  readonly kept: readonly CodedFinding[];
  /** What became of each waiver that covers a finding; the others are in neither set. */
  readonly used: ReadonlySet<WaiverModel>;
  /** The finding is one that the manifest cannot hold. */
  readonly refused: ReadonlySet<WaiverModel>;
}

/** A waiver without a reason counts as well, and is reported for it: one finding for one place. */
export function applyWaivers(findings: readonly CodedFinding[], waivers: readonly WaiverModel[]): WaivedFindings {
  const used = new Set<WaiverModel>();
  const refused = new Set<WaiverModel>();
  const kept = findings.filter(({ code, finding }) => {
    const matching = waivers.filter((waiver) => waiver.code === code && covers(waiver, finding));
    for (const waiver of matching) (finding.binding ? refused : used).add(waiver);
    return finding.binding || matching.length === 0;
  });
  return { kept, used, refused };
}

/** The place itself, or a call on the way to it when it is in a helper. */
function covers(waiver: WaiverModel, finding: Finding): boolean {
  const calls = (finding.through ?? []).map(({ span }) => span);
  const places = [finding.span, ...calls, ...(finding.waivedAt ?? [])];
  return places.some((place) => contains(waiver.covers, place));
}

function contains(outer: Span, inner: Span): boolean {
  return outer.file === inner.file && inner.start >= outer.start && inner.start < Math.max(outer.end, outer.start + 1);
}
