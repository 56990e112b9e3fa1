import type { FunctionEntry, Location, Manifest } from "../../../runtime/manifest/manifest.js";
import { handlerOf, lifecycleParts, type LifecyclePart } from "../lifecycle-handlers.js";
import { isKindOf, matchId } from "./match-step.js";
import { Positions, TooManyPositions } from "./positions.js";
import { listSteps, Rests, type GraphStep, type Rest } from "./rest.js";
import type { RecordedStep, RunInFlight } from "./run-in-flight.js";

/**
 * `safe`: the new code asks for all that is recorded. `needs-pinning`: it may not, so the run should go on with the old code.
 * `will-diverge`: it does not, and the engine ends the run with a nondeterminism error.
 */
export type Verdict = "safe" | "needs-pinning" | "will-diverge";

/** Why; `stepwright explain <code>` says more. */
export type ReasonCode =
  | "not-begun"
  | "same-code"
  | "fits"
  | "function-gone"
  | "rolling-back"
  | "handler-gone"
  | "steps-not-known"
  | "wait-abandoned"
  | "wait-kind-changed"
  | "uncertain-path"
  | "too-many-positions"
  | "step-gone"
  | "step-kind-changed"
  | "step-out-of-order";

export interface Judgement {
  readonly verdict: Verdict;
  readonly code: ReasonCode;
  /** The key of the step that decides; null where none does. */
  readonly step: string | null;
  /** For people: what is there instead. */
  readonly detail: string | null;
  /** In the new source. */
  readonly location: Location | null;
}

/**
 * Judges the runs of deployments that came before. Pure, and bounded by the size of one run.
 *
 * @example
 * const judge = new RunJudge(next, [previous]);
 * judge.judge(run).verdict; // "safe"
 */
export class RunJudge {
  readonly #functions: ReadonlyMap<string, FunctionEntry>;
  readonly #before = new Map<string, FunctionEntry[]>();
  /** By both entries: the part of the graph's set-up that all their runs share. */
  readonly #starts = new Map<string, { readonly rests: Rests; readonly start: Rest }>();

  constructor(
    readonly next: Manifest,
    /** What the runs may have been begun with. */
    before: readonly Manifest[],
  ) {
    this.#functions = new Map(next.functions.map((entry) => [entry.id, entry]));
    for (const entry of before.flatMap(({ functions }) => functions)) {
      const known = this.#before.get(entry.hash);
      if (known) known.push(entry);
      else this.#before.set(entry.hash, [entry]);
    }
  }

  judge(run: RunInFlight): Judgement {
    const { owner, part } = this.#find(run.functionId);
    if (!owner) return say("needs-pinning", "function-gone");
    const recorded = run.steps.filter(({ kind }) => kind !== "rollback");
    const before = this.#before.get(run.functionHash)?.find(({ id }) => id === owner.id);
    const old = before ? handlerOf(before, part) : null;
    const entry = handlerOf(owner, part);
    const isSame = run.functionHash === owner.hash || (old !== null && entry !== null && isSameControl(old, entry));
    if (isSame) return say("safe", "same-code");
    if (run.ending) return say("needs-pinning", "rolling-back");
    if (recorded.length === 0 && run.waits.length === 0) return say("safe", "not-begun");
    if (!entry) return say("needs-pinning", "handler-gone", recorded.at(-1)?.key ?? null);
    try {
      return this.#walk(entry, old, recorded, run.waits);
    } catch (error) {
      if (error instanceof TooManyPositions) return say("needs-pinning", "too-many-positions");
      throw error;
    }
  }

  /** By the full id; that of a lifecycle handler is its function's with another end. */
  #find(fullId: string): { readonly owner: FunctionEntry | null; readonly part: LifecyclePart | null } {
    const { id: app } = this.next.app;
    const id = app !== null && fullId.startsWith(`${app}-`) ? fullId.slice(app.length + 1) : fullId;
    const own = this.#functions.get(id);
    if (own) return { owner: own, part: null };
    const [, ownerId, ending] = /^(.+)-(failure|cancel|complete)$/.exec(id) ?? [];
    const owner = this.#functions.get(ownerId ?? id) ?? null;
    return { owner, part: ending === undefined ? null : (lifecycleParts[ending] ?? null) };
  }

  #walk(
    entry: FunctionEntry,
    old: FunctionEntry | null,
    recorded: readonly RecordedStep[],
    waits: RunInFlight["waits"],
  ): Judgement {
    const { rests, start } = this.#start(entry, old);
    const steps = entry.steps.flatMap(listSteps);
    const isOpen = entry.stepsLeave === true || entry.opaque.some(({ at }) => at === "steps" || at === "handler");
    const positions = new Positions(rests, start, isOpen || entry.mayEndEarly === true);
    for (const step of recorded) {
      // It has no place in the graph: its branches have.
      if (step.kind === "race") {
        positions.doubt();
        continue;
      }
      if (positions.take(step)) continue;
      const instead = positions.next;
      if (isOpen) return say("needs-pinning", "steps-not-known", step.key, null, entry.location);
      return explain(steps, step, instead, entry);
    }
    for (const wait of waits) {
      const step: RecordedStep = { ...wait, status: "completed" };
      const asked = positions.asks(step);
      if (asked === "yes") continue;
      const changed = steps.find((each) => each.id === wait.key && !isKindOf(each.tool, wait.kind));
      if (changed) {
        const detail = `it waits as \`${wait.kind}\` and is now \`${changed.tool}\``;
        return say("needs-pinning", "wait-kind-changed", wait.key, detail, changed.location);
      }
      if (asked === "no") {
        const instead = positions.next;
        const detail = instead && `the new code has ${nameOf(instead)} there`;
        return say("needs-pinning", "wait-abandoned", wait.key, detail, instead?.location ?? entry.location);
      }
      positions.doubt();
    }
    const last = waits[0]?.key ?? recorded.at(-1)?.key ?? null;
    const place = steps.find((step) => last !== null && matchId(step, last, new Set()) !== "no");
    const location = place?.location ?? entry.location;
    if (isOpen && !positions.sure) return say("needs-pinning", "steps-not-known", last, null, location);
    return positions.sure
      ? say("safe", "fits", last, null, location)
      : say("needs-pinning", "uncertain-path", last, null, location);
  }

  #start(entry: FunctionEntry, old: FunctionEntry | null): { readonly rests: Rests; readonly start: Rest } {
    const key = `${entry.id} ${old?.control ?? ""}`;
    let known = this.#starts.get(key);
    if (!known) {
      const before = new Set(old?.steps.flatMap(listSteps).flatMap((step) => step.before ?? []));
      const rests = new Rests((step) => step.before !== undefined && before.has(step.before));
      this.#starts.set(key, (known = { rests, start: rests.ofGraph(entry.steps) }));
    }
    return known;
  }
}

function isSameControl(old: FunctionEntry, entry: FunctionEntry): boolean {
  return old.control !== undefined && old.control === entry.control;
}

/** No position has the step next. */
function explain(
  steps: readonly GraphStep[],
  step: RecordedStep,
  instead: GraphStep | null,
  entry: FunctionEntry,
): Judgement {
  const places = steps.filter((each) => matchId(each, step.key, new Set()) !== "no");
  const [place] = places;
  if (place && !places.some(({ tool }) => isKindOf(tool, step.kind))) {
    const detail = `it is recorded as \`${step.kind}\` and is now \`${place.tool}\``;
    return say("will-diverge", "step-kind-changed", step.key, detail, place.location);
  }
  const detail = instead && `the new code has ${nameOf(instead)} there`;
  const code = place ? "step-out-of-order" : "step-gone";
  return say("will-diverge", code, step.key, detail, (instead ?? place)?.location ?? entry.location);
}

function nameOf({ id, template, tool }: GraphStep): string {
  return id !== null || template !== undefined ? `\`${id ?? template}\`` : `a \`step.${tool}\``;
}

function say(
  verdict: Verdict,
  code: ReasonCode,
  step: string | null = null,
  detail: string | null = null,
  location: Location | null = null,
): Judgement {
  return { verdict, code, step, detail, location };
}
