import type { EventRecord, ExpressionProblem, StepRecord } from "../../store/records.js";
import type { Store, Transition, WaitCandidate } from "../../store/store.js";
import type { Committer } from "../committer.js";
import { readPayload } from "../event-record.js";
import type { NoteProblem } from "../expressions.js";

/** Thousands of waits may have a condition each that cannot be evaluated. */
const mostProblems = 100;

export interface WaitServices {
  readonly store: Store;
  readonly committer: Committer;
  readonly now: () => number;
  /** A condition over `event` (the run's) and `async` (this one); `note` gets why it could not be evaluated. */
  readonly holds: (condition: string, event: unknown, async: unknown, note?: NoteProblem) => boolean;
  readonly resolved: (step: StepRecord) => void;
  /** Marks the run as one to be cancelled; resolves when that is durable. */
  readonly cancel: (runId: string, event: EventRecord) => Promise<unknown>;
}

/**
 * Cancels the runs and ends the waits that the event is for. The store has marked the event as pending, so a process that dies on the way
 * leaves it to the next one.
 */
export async function serveWaits(
  record: EventRecord,
  candidates: readonly WaitCandidate[],
  services: WaitServices,
): Promise<void> {
  const payload = readPayload(record);
  const output = JSON.stringify(payload);
  const satisfied: StepRecord[] = [];
  const problems: ExpressionProblem[] = [];
  const note: NoteProblem = (problem) => {
    if (problems.length < mostProblems) problems.push(problem);
  };
  for (const candidate of candidates) {
    const { wake } = candidate;
    if (wake.kind !== "cancel" || !isInTime(wake, record) || !(await satisfies(candidate, payload, services, note)))
      continue;
    await services.cancel(wake.runId, record);
  }
  for (const candidate of candidates) {
    if (candidate.wake.kind !== "event" || !(await satisfies(candidate, payload, services, note))) continue;
    const { wake } = candidate;
    satisfied.push({
      runId: wake.runId,
      key: wake.stepKey,
      kind: "waitForEvent",
      name: wake.name,
      status: "completed",
      output,
      attempt: 0,
      failures: [],
      startedAt: wake.createdAt,
      endedAt: services.now(),
    });
  }
  const transitions: Transition[] = satisfied.map((step) => ({
    guards: [{ kind: "wake", runId: step.runId, stepKey: step.key }],
    writes: [{ kind: "resolve", step, now: services.now() }],
  }));
  const noted = problems.map((problem) => ({ kind: "problem", eventId: record.id, problem }) as const);
  transitions.push({ guards: [], writes: [{ kind: "matched", eventId: record.id }, ...noted] });
  services.committer.submitAll(transitions, (outcomes) => {
    for (const [index, step] of satisfied.entries()) if (outcomes[index]!.ok) services.resolved(step);
  });
}

/** Received after the run was made, and before the time is over. Candidates may be of later, when a crash was in between. */
function isInTime({ createdAt, dueAt }: WaitCandidate["wake"], { receivedAt }: EventRecord): boolean {
  return receivedAt >= createdAt && (dueAt === null || receivedAt < dueAt);
}

async function satisfies(
  { wake, runEventId }: WaitCandidate,
  payload: unknown,
  services: WaitServices,
  note: NoteProblem,
): Promise<boolean> {
  if (wake.condition === null) return true;
  const runEvent = await services.store.events.get(runEventId);
  return services.holds(wake.condition, runEvent ? readPayload(runEvent) : null, payload, note);
}
