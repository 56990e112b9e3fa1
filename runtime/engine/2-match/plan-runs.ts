import type { NewRun, Unique, Write } from "../../store/store.js";
import type { ParentStep } from "../../store/records.js";
import type { RunControl } from "../../store/store.js";
import { firstOfItsKind } from "../3-control/policies/idempotency.js";
import { admitRun, type Admission } from "../3-control/admit-run.js";
import { controlRun, type Evaluate, type Origin } from "../3-control/control-run.js";
import type { AcceptedEvent } from "../event-record.js";
import type { LoadedApplication, LoadedFunction } from "../load-application.js";
import { EventWrite, type WaitPaths } from "./match-keys.js";
import { type IndexCondition, watchRun } from "./watch-run.js";

/** A run that will be there once the writes are committed. */
export interface PlannedRun {
  readonly fn: LoadedFunction;
  readonly event: AcceptedEvent;
  readonly run: NewRun;
  readonly uniques: readonly Unique[];
  readonly control: RunControl | null;
}

export interface MatchServices {
  readonly app: LoadedApplication;
  readonly waitPaths: WaitPaths;
  readonly now: number;
  readonly newId: () => string;
  readonly admission: Admission;
  readonly dedupeMs: number;
  readonly index: IndexCondition;
  /** A condition over the event; false when it cannot be evaluated (the caller records why). */
  readonly holds: (condition: string, event: unknown) => boolean;
  readonly evaluate: Evaluate;
}

/** The writes that store an event, with the runs of all functions that it triggers. */
export function planEvent(event: AcceptedEvent, services: MatchServices): { writes: Write[]; runs: PlannedRun[] } {
  const { record } = event;
  const writes: Write[] = [new EventWrite(event, services.waitPaths)];
  const runs: PlannedRun[] = [];
  const started = new Set<LoadedFunction>();
  for (const { fn, condition } of services.app.triggeredBy(record.name)) {
    // Several triggers that match one event start one run.
    if (started.has(fn) || (condition !== null && !services.holds(condition, event.payload))) continue;
    started.add(fn);
    runs.push(planRun(fn, event, null, "event", services));
  }
  for (const planned of runs) writes.push(writeOf(planned));
  return { writes, runs };
}

export function writeOf({ run, uniques, control }: PlannedRun): Write {
  return { kind: "run", run, uniques, control };
}

/** A run of this function for this event, whatever its triggers are. */
export function planRun(
  fn: LoadedFunction,
  event: AcceptedEvent,
  parent: ParentStep | null,
  origin: Origin,
  { now, newId, admission, dedupeMs, evaluate, index }: Omit<MatchServices, "app" | "waitPaths" | "holds">,
  notBefore = event.record.ts,
): PlannedRun {
  const id = newId();
  const control = fn.policies && controlRun(fn.fullId, fn.policies, event, origin, evaluate);
  const at = Math.max(now, notBefore);
  const run: NewRun = {
    id,
    functionId: fn.fullId,
    functionHash: fn.hash,
    eventIds: [event.record.id],
    parent,
    createdAt: now,
    watches: watchRun(fn, event, { id, startableAt: at + waitsAtLeast(control), now }, index),
    // What gathers events does not begin with the first.
    ...(control?.gather ? { owner: null, queueAt: at } : admitRun(at, now, admission)),
  };
  return { fn, event, run, uniques: listUniques(fn, event, { now, dedupeMs, evaluate }), control };
}

/** Time that a run spends for the sake of its policy does not count as being late. */
function waitsAtLeast(control: RunControl | null): number {
  return control?.gather?.policy.kind === "debounce" ? control.gather.policy.periodMs : 0;
}

const noUniques: readonly Unique[] = [];

/** What must be the first of its kind for the run to be made. */
function listUniques(
  { kind, fullId, config }: LoadedFunction,
  event: AcceptedEvent,
  { now, dedupeMs, evaluate }: Pick<MatchServices, "now" | "dedupeMs" | "evaluate">,
): readonly Unique[] {
  const { idempotency } = config;
  const first =
    idempotency && kind === "function" ? firstOfItsKind(fullId, idempotency, event.payload, evaluate, now) : null;
  const { record } = event;
  if (record.key === null) return first ? [first] : noUniques;
  const scope = `event:${fullId}`;
  const own: Unique = { policy: "event-id", scope, key: record.key, now, expiresAt: now + dedupeMs };
  return first ? [first, own] : [own];
}
