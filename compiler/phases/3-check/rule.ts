/** What a rule is: a pure function from the model to findings. `check.ts` makes diagnostics of them. */
import type { Fix, LabelledSpan, Severity } from "../../diagnostics/diagnostic.js";
import type { AppModel, CallFrame } from "../2-model/model.js";
import type { Span } from "../2-model/span.js";

export interface Finding {
  /** When milder than the severity that the table of codes gives. */
  readonly severity?: Severity;
  readonly message: string;
  readonly span: Span;
  /** Printed behind the underline of `span`. */
  readonly label?: string;
  readonly related?: readonly LabelledSpan[];
  readonly help?: string;
  /**
   * The helper calls that lead to `span`, outermost first. They are shown as related places, and a waiver on one of
   * them counts: a finding in shared code can be waived for one handler alone.
   */
  readonly through?: readonly CallFrame[];
  /** Further places whose waivers count, such as the call in a helper that is the cause. */
  readonly waivedAt?: readonly Span[];
  readonly fixes?: readonly Fix[];
  /** The manifest cannot hold what is written here, so no waiver takes the finding back. */
  readonly binding?: boolean;
}

/** `now`, in ms since 1970, is for schedules: which of their ticks come next. */
export type Rule = (model: AppModel, now: number) => Finding[];

/** The span with a label; keeps only what a diagnostic shows. */
export function labelSpan(span: Span, label?: string): LabelledSpan {
  const { file, line, column, endLine, endColumn } = span;
  return { file, line, column, endLine, endColumn, ...(label !== undefined && { label }) };
}
