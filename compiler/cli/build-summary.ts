/** The line that ends a build. */
import { countBySeverity, type Diagnostic } from "../diagnostics/diagnostic.js";

/** `1 event`, `2 events`; `many` where that is not the noun with an s. */
export function countNoun(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`;
}

/** `1 error`, `2 warnings`, `3 infos`; none that is zero. */
export function listSeverityCounts(diagnostics: readonly Diagnostic[]): string[] {
  const counts = countBySeverity(diagnostics);
  return (["error", "warning", "info"] as const).flatMap((severity) =>
    counts[severity] === 0 ? [] : [countNoun(counts[severity], severity)],
  );
}

/** What is found and what is waived: `1 error`, `2 warnings`, `1 waiver`. */
export function listFound(diagnostics: readonly Diagnostic[], waivers: number): string[] {
  return [...listSeverityCounts(diagnostics), ...(waivers > 0 ? [countNoun(waivers, "waiver")] : [])];
}

/** `0.8 s`, and milliseconds below a tenth of a second. */
export function formatSeconds(milliseconds: number): string {
  return milliseconds < 100 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
