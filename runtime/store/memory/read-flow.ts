import { compareText, isOpen } from "../candidates.js";
import { describeGathering, describeLine } from "../flow/describe-waiting.js";
import { findFlowViolations, type LinedRuns } from "../flow/find-flow-violations.js";
import type { Waiting } from "../flow/flow-records.js";
import type { Store, Violation } from "../store.js";
import type { MemoryTables, StoredRun } from "./memory-tables.js";

/** `Store.flow` over the tables. */
export function readFlow(tables: MemoryTables): Store["flow"] {
  const { flow } = tables;
  return {
    policies: async () => [...flow.policies.entries()].map(([functionId, hash]) => ({ functionId, hash })),
    superseded: async () => [...flow.superseded.keys()].sort(compareText),
    open: async (functionId, started, limit, cursor) => {
      const runs = [...tables.runs.values()].filter(
        ({ place, record }) =>
          isOpen(record.status) &&
          (record.startedAt !== null) === started &&
          record.functionId === functionId &&
          place > Number(cursor ?? 0),
      );
      const page = runs.slice(0, limit);
      const next = runs.length > limit ? String(page.at(-1)?.place) : null;
      return { runIds: page.map(({ record }) => record.id), next };
    },
    waiting: async (runId) => describeWaiting(tables, runId),
  };
}

function describeWaiting(tables: MemoryTables, runId: string): Waiting | null {
  const run = tables.runs.get(runId);
  if (!run?.flow || run.record.owner !== null) return null;
  if (run.flow.queue === null) {
    const gather = tables.flow.gatherOf(run.place);
    return gather && describeGathering(gather, run.record.queueAt ?? 0);
  }
  const queue = tables.flow.queue(run.flow.queue);
  if (!queue) return null;
  const ahead = [...tables.runs.values()].filter((other) => isBefore(other, run)).length;
  return describeLine(queue, ahead, queue.blockedOn === null ? null : tables.flow.bucket(queue.blockedOn));
}

function isBefore(a: StoredRun, b: StoredRun): boolean {
  if (!a.flow || !b.flow || a.flow.queue !== b.flow.queue) return false;
  const [place, other] = [a.flow.place ?? 0, b.flow.place ?? 0];
  return place < other || (place === other && a.place < b.place);
}

/** When a queue may be tried: 0 when one may now; null when none is known to come. */
export function nextFlowAt({ flow }: MemoryTables): number | null {
  for (const { blockedOn } of flow.queues.values()) if (blockedOn === null) return 0;
  let next: number | null = null;
  for (const { wakeAt } of flow.buckets.values()) if (wakeAt !== null) next = Math.min(next ?? wakeAt, wakeAt);
  return next;
}

export function verifyFlow({ flow, runs }: MemoryTables): Violation[] {
  const lined: LinedRuns[] = [];
  for (const { record, flow: state } of runs.values()) {
    if (!state) continue;
    const { line, queue, slots } = state;
    const { status, owner, startedAt } = record;
    lined.push({ line, queue, status, leased: owner !== null, started: startedAt !== null, count: 1, slots });
  }
  return findFlowViolations({
    lines: [...flow.lines.values()],
    queues: [...flow.queues.values()],
    buckets: [...flow.buckets.values()],
    runs: lined,
  });
}
