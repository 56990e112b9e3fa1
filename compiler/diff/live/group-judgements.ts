import type { Judgement, Verdict } from "./judge-run.js";

/** Runs that are at the same place, and of which the same is said. */
export interface JudgedGroup extends Judgement {
  /** The full id. */
  readonly functionId: string;
  readonly count: number;
  /** Of a few of them. */
  readonly runIds: readonly string[];
}

export const verdicts = ["will-diverge", "needs-pinning", "safe"] as const satisfies readonly Verdict[];

const mostExamples = 3;

/** Counts runs by what is said of them; it holds no run. */
export class JudgedRuns {
  readonly #groups = new Map<
    string,
    { readonly group: Judgement & { functionId: string }; count: number; runIds: string[] }
  >();

  add(functionId: string, runId: string, judgement: Judgement): void {
    const { verdict, code, step, detail } = judgement;
    const key = JSON.stringify([functionId, verdict, code, step, detail]);
    const known = this.#groups.get(key);
    if (!known) {
      this.#groups.set(key, { group: { ...judgement, functionId }, count: 1, runIds: [runId] });
      return;
    }
    known.count++;
    if (known.runIds.length < mostExamples) known.runIds.push(runId);
  }

  count(verdict: Verdict): number {
    return this.groups.filter((group) => group.verdict === verdict).reduce((sum, { count }) => sum + count, 0);
  }

  /** The worst first, then by function. */
  get groups(): JudgedGroup[] {
    return [...this.#groups.values()]
      .map(({ group, count, runIds }) => ({ ...group, count, runIds }))
      .sort(
        (left, right) =>
          verdicts.indexOf(left.verdict) - verdicts.indexOf(right.verdict) ||
          (left.functionId < right.functionId ? -1 : left.functionId > right.functionId ? 1 : right.count - left.count),
      );
  }
}

/** One line a group and a closing count. */
export function renderJudged(judged: JudgedRuns): string {
  const lines = judged.groups.map(({ verdict, functionId, count, code, step, detail, location, runIds }) => {
    const where = location === null ? "" : `  ${location.file}:${location.line}:${location.column}`;
    const what = `${code}${step === null ? "" : ` \`${step}\``}${detail === null ? "" : `: ${detail}`}`;
    const more = count > runIds.length ? ", …" : "";
    return `${verdict.padEnd(13)}  ${count} of \`${functionId}\`  ${what}${where}\n${" ".repeat(15)}${runIds.join(", ")}${more}\n`;
  });
  return `${lines.join("")}runs in flight: ${verdicts.map((each) => `${judged.count(each)} ${each}`).join(", ")}\n`;
}
