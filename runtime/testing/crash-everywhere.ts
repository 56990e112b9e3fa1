/** Runs a scenario once for every commit boundary, with a crash there. */
import type { Write } from "../store/store.js";
import { describeOutcome, diffLines } from "./outcome.js";
import { seededRandom } from "./seeded-random.js";
import { TestEnvironment, type TestedApplication, type TestEnvironmentSettings } from "./test-environment.js";
import { TestKitError } from "./test-kit-error.js";

export interface CrashEverywhereOptions extends Omit<TestEnvironmentSettings, "store"> {
  /** Default `memory`. */
  readonly store?: "memory" | "sqlite";
  /** At most so many crashes; which of them, `seed` decides. Default 500. */
  readonly limit?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Takes out of a result's JSON text what differs from one execution to the next. Stacks, ULIDs and UUIDs are taken out already. */
  readonly normalize?: (text: string) => string;
}

/** One place to crash at. */
export interface CrashPlace {
  /** Counts from 1, from the scenario's begin, commits of housekeeping included. */
  readonly commit: number;
  readonly when: "before" | "after";
  /** What the commit held. */
  readonly holds: string;
}

export interface CrashDifference extends CrashPlace {
  /** `-` what it is without a crash, `+` what it was with this one. */
  readonly lines: readonly string[];
}

/** How often the body of a step was executed, all repeats of its id and all runs together. */
export interface BodyExecutions {
  readonly functionId: string;
  readonly stepId: string;
  readonly withoutCrash: number;
  /** In the case in which it was executed most often. A body is executed at least once: a crash before its commit repeats it. */
  readonly most: number;
}

export interface CrashReport {
  /** Commits of the scenario that hold something of a run or of an event. */
  readonly commits: number;
  /** How many crashes were tried, and how many `limit` left out. */
  readonly tried: number;
  readonly leftOut: number;
  readonly differences: readonly CrashDifference[];
  readonly executions: readonly BodyExecutions[];
}

/** A crash changed what a scenario comes to. */
export class CrashDifferenceError extends Error {
  override readonly name = "CrashDifferenceError";
  constructor(readonly report: CrashReport) {
    super(describeDifferences(report));
  }
}

interface Case {
  readonly lines: readonly string[];
  readonly executions: ReadonlyMap<string, number>;
  /** Commits that hold something of a run or of an event. */
  readonly places: readonly Omit<CrashPlace, "when">[];
}

const defaultLimit = 500;
const mostShown = 5;

/**
 * Runs `scenario` without a crash, then once for each commit with a crash before it is durable and once after, each time in a new
 * environment, and compares: what it returns, the runs with their results and journals, the sent events. Let it return
 * what the outside world has seen, to compare that, too. The scenario must do the same each time.
 *
 * @throws CrashDifferenceError with a readable report when a crash changes something
 * @throws TestKitError `invalid-option` when two executions without a crash differ already
 * @example
 * await crashEverywhere({ functions: [processOrder] }, async (t) => {
 *   await t.send({ name: "order/placed", data: { orderId: "o1" } });
 *   await t.advance("30 days");
 * });
 */
export async function crashEverywhere(
  application: TestedApplication,
  scenario: (t: TestEnvironment) => Promise<unknown>,
  options: CrashEverywhereOptions = {},
): Promise<CrashReport> {
  const { limit = defaultLimit, seed = 1, normalize = (text: string) => text, ...settings } = options;
  const run = (place: Omit<CrashPlace, "holds"> | null) => runCase(application, scenario, settings, normalize, place);
  const plain = await run(null);
  const unlike = diffLines(plain.lines, (await run(null)).lines);
  if (unlike.length > 0) {
    const detail = `without a crash the scenario gives two different outcomes; use \`normalize\`:\n${unlike.join("\n")}`;
    throw new TestKitError("invalid-option", detail);
  }
  const all = plain.places.flatMap((place) =>
    (["before", "after"] as const).map((when): CrashPlace => ({ ...place, when })),
  );
  const chosen = choose(all, limit, seededRandom(seed));
  const differences: CrashDifference[] = [];
  const most = new Map(plain.executions);
  for (const place of chosen) {
    const crashed = await run(place);
    for (const [key, count] of crashed.executions) most.set(key, Math.max(count, most.get(key) ?? 0));
    const lines = diffLines(plain.lines, crashed.lines);
    if (lines.length > 0) differences.push({ ...place, lines });
  }
  const executions = [...most].map(([key, count]): BodyExecutions => {
    const [functionId = "", stepId = ""] = key.split("\n");
    return { functionId, stepId, withoutCrash: plain.executions.get(key) ?? 0, most: count };
  });
  const tried = chosen.length;
  const report = { commits: plain.places.length, tried, leftOut: all.length - tried, differences, executions };
  if (differences.length > 0) throw new CrashDifferenceError(report);
  return report;
}

async function runCase(
  application: TestedApplication,
  scenario: (t: TestEnvironment) => Promise<unknown>,
  settings: TestEnvironmentSettings,
  normalize: (text: string) => string,
  place: Omit<CrashPlace, "holds"> | null,
): Promise<Case> {
  const t = await TestEnvironment.start({ ...application, ...settings });
  const places: Omit<CrashPlace, "when">[] = [];
  const first = t.commits;
  t.onCommit(({ number, transitions }) => {
    const writes = transitions.flatMap((transition) => transition.writes).filter(({ kind }) => !housekeeping.has(kind));
    if (writes.length > 0) places.push({ commit: number - first, holds: writes.map(describeWrite).join(", ") });
  });
  if (place) t.crashAtCommit(place.commit, place.when);
  let lines: readonly string[];
  try {
    const result = await scenario(t);
    await t.settle();
    lines = await describeOutcome(t, result, normalize);
  } catch (error) {
    if (!place) throw error;
    lines = [`scenario throws ${String(error)}`];
  }
  const executions = new Map<string, number>();
  for (const { functionId, steps } of await t.runs()) {
    for (const { id, executions: count } of steps) {
      const key = `${functionId}\n${id.replace(/:\d+$/, "")}`;
      if (count > 0) executions.set(key, (executions.get(key) ?? 0) + count);
    }
  }
  // Of two scripts one may be needed only without the crash; the plain case holds them to it.
  await t.close().catch((error: unknown) => {
    if (!place) throw error;
  });
  return { lines, executions, places };
}

/** All of them in order, or as many as `limit`, each as likely as the other. */
function choose(all: readonly CrashPlace[], limit: number, random: () => number): readonly CrashPlace[] {
  if (all.length <= limit) return all;
  const ranked = all.map((place) => ({ place, rank: random() })).sort((a, b) => a.rank - b.rank);
  const chosen = new Set(ranked.slice(0, limit).map(({ place }) => place));
  return all.filter((place) => chosen.has(place));
}

/** A crash around them leaves what a crash before the next commit leaves. */
const housekeeping: ReadonlySet<Write["kind"]> = new Set(["claim", "heartbeat", "reap", "retire", "sweep", "schedule"]);

function describeWrite(write: Write): string {
  switch (write.kind) {
    case "event":
      return `event ${write.event.name}`;
    case "run":
      return `run of ${write.run.functionId}`;
    case "step":
    case "resolve":
      return `result of step ${write.step.key}`;
    case "transact":
      return `transaction of step ${write.stepKey}`;
    case "wake":
      return `wait of step ${write.wake.stepKey}`;
    case "end":
      return `end of a run (${write.status})`;
    default:
      return write.kind;
  }
}

function describeDifferences({ differences, tried, executions }: CrashReport): string {
  const shown = differences.slice(0, mostShown).map(({ commit, when, holds, lines }) => {
    return [`crash ${when} commit ${commit} (${holds}):`, ...lines.map((line) => `  ${line}`)].join("\n");
  });
  const rest = differences.length > mostShown ? [`… and ${differences.length - mostShown} more`] : [];
  const repeated = executions
    .filter(({ most, withoutCrash }) => most > withoutCrash)
    .map((each) => `  ${each.functionId}/${each.stepId}: ${each.withoutCrash}, up to ${each.most} with a crash`);
  return [
    `${differences.length} of ${tried} crashes change what the scenario comes to`,
    ...shown,
    ...rest,
    ...(repeated.length === 0 ? [] : ["bodies executed:", ...repeated]),
  ].join("\n");
}
