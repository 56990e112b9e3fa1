import { countBySeverity, type Diagnostic } from "../diagnostics/diagnostic.js";
import { applyFixes } from "./apply-fixes.js";

/** What a check of some texts finds. */
export interface Checked {
  readonly diagnostics: readonly Diagnostic[];
}

export interface Fixing<T extends Checked> {
  /** What is found in the texts as they are now. */
  readonly checked: T;
  /** The texts that are other ones now, by the file's name in the diagnostics. */
  readonly changed: ReadonlyMap<string, string>;
  readonly applied: number;
}

/** A fix can make way for another one; more rounds than this are two rules that undo each other. */
const mostRounds = 10;

/**
 * Applies fixes and checks again until there are none left. A round after which there are more errors than before is taken back.
 * `check` judges the texts of `changed` in place of the files.
 */
export function fixUntilStable<T extends Checked>(
  check: (changed: ReadonlyMap<string, string>) => T,
  readFile: (file: string) => string | null,
): Fixing<T> {
  let fixing: Fixing<T> = { checked: check(new Map()), changed: new Map(), applied: 0 };
  for (let round = 0; round < mostRounds; round++) {
    const { checked, changed } = fixing;
    const { files, applied } = applyFixes(checked.diagnostics, (file) => changed.get(file) ?? readFile(file));
    if (files.length === 0) return fixing;
    const next = new Map([...changed, ...files.map(({ file, text }) => [file, text] as const)]);
    const again = check(next);
    const [before, after] = [checked, again].map(({ diagnostics }) => countBySeverity(diagnostics).error);
    if ((after ?? 0) > (before ?? 0)) {
      check(changed);
      return fixing;
    }
    fixing = { checked: again, changed: next, applied: fixing.applied + applied };
  }
  return fixing;
}
