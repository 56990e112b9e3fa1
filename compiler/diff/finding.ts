import type { FindingCode } from "./explanations.js";
import type { Location } from "../../runtime/manifest/manifest.js";

/** One difference between two deployments. `location` is in the new source; in the old one for what is gone. */
export interface Finding {
  readonly code: FindingCode;
  /** `breaking`: something that is stored or in flight no longer fits; `risky`: it may; `safe`: it cannot. */
  readonly severity: "breaking" | "risky" | "safe";
  readonly text: string;
  readonly location: Location | null;
}

/** One line a finding, the worst first, and a closing count. */
export function renderFindings(findings: readonly Finding[]): string {
  const order = ["breaking", "risky", "safe"] as const;
  const lines = order.flatMap((severity) =>
    findings
      .filter((finding) => finding.severity === severity)
      .map(({ code, text, location }) => {
        const place = location === null ? "" : `  ${location.file}:${location.line}:${location.column}`;
        return `${severity.padEnd(8)}  ${code}  ${text}${place}\n`;
      }),
  );
  const counts = order.map((severity) => `${findings.filter((one) => one.severity === severity).length} ${severity}`);
  return `${lines.join("")}${counts.join(", ")}\n`;
}
