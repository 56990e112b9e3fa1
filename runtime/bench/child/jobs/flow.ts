import { applicationFromDefinitions } from "../../../codegen/application.js";
import { createEngine } from "../../../engine/create-engine.js";
import type { Engine } from "../../../engine/engine.js";
import { openSqliteStore } from "../../../store/sqlite/open-sqlite-store.js";
import { Progress } from "../bench-engine.js";
import { defineFlowFunctions } from "../flow-functions.js";
import type { Job } from "../job.js";
import { collectGarbage, cpuSeconds, peakMb, seconds } from "../measuring.js";

/** Not a divisor of the number of keys: neighbours in time are not neighbours in the index. */
const stride = 7_919;

type FlowJob = Job & { name: "flow" };

/** Sends the events, many a call, and waits for `runs` runs to end. */
export async function measureFlow(job: FlowJob): Promise<Record<string, number>> {
  const store = await openSqliteStore({ path: job.database });
  const progress = new Progress();
  const app = applicationFromDefinitions(defineFlowFunctions());
  const engine = createEngine({ store, app, observe: progress.observe });
  await engine.start();
  const warm = progress.after("run-ended", warmRuns(job));
  await sendAll(engine, { ...job, events: warmEvents });
  await warm;
  collectGarbage();

  const ended = progress.after("run-ended", job.runs);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await sendAll(engine, job);
  const acknowledged = seconds(begun);
  await ended;
  const total = seconds(begun);
  const used = cpuSeconds(cpu);
  const counts = await store.runs.count();
  if (counts.queued + counts.running + counts.waiting > 0) throw new Error(`runs are left: ${JSON.stringify(counts)}`);
  if (counts.completed !== job.runs + warmRuns(job)) throw new Error(`${counts.completed} runs are completed`);
  const violations = await store.verify(Date.now());
  const wrong = violations.find(({ code }) => code !== "dead-lease");
  if (wrong) throw new Error(`${wrong.code}: ${wrong.message}`);
  return {
    eventsPerSec: job.events / (job.kind === "debounced" ? acknowledged : total),
    runsPerSec: job.runs / total,
    seconds: total,
    acknowledgedSeconds: acknowledged,
    cpuSecPer1000Events: (used / job.events) * 1000,
    peakMB: peakMb(),
  };
}

const warmEvents = 2_000;

function warmRuns({ kind, keys }: FlowJob): number {
  if (kind === "keyed") return warmEvents;
  return kind === "batched" ? warmEvents / 100 : Math.min(keys, warmEvents);
}

async function sendAll(engine: Engine, { kind, events, keys, perCall, inFlight }: FlowJob): Promise<void> {
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < events) {
      const first = next;
      next += perCall;
      const list = Array.from({ length: Math.min(perCall, events - first) }, (_, index) => {
        const id = first + index;
        return { name: `bench/${kind}`, data: { id, key: `k${(id * stride) % keys}` } };
      });
      await engine.send(list);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, sender));
}
