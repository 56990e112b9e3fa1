import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";
import { setTimeout as elapse } from "node:timers/promises";

import { openSqliteStore } from "../../store/sqlite/open-sqlite-store.js";
import { BenchChild } from "../child-process.js";
import { postJson } from "../http-client.js";
import type { Workload } from "../workload.js";

const runs = 1_000;
const sendsInFlight = 100;
const killAfterEnded = 300;

export const w6: Workload = {
  name: "W6",
  title: "SIGKILL during 1,000 runs",
  targets: [
    { figure: "lostRuns", atMost: 0 },
    { figure: "repeatedBeyondInFlight", atMost: 0 },
    { figure: "recoverySec", atMost: 1 },
  ],
  peers: "Restate: 105–329 steps again, 1.2–1.6 s",
  settings: { runs, stepsPerRun: 3, sendsInFlight, killedAfterEndedRuns: killAfterEnded },
  measure: async ({ folder }) => measureKill(folder),
};

async function measureKill(folder: string): Promise<Record<string, number>> {
  const database = join(folder, "w6.db");
  const stepLog = join(folder, "steps.txt");
  writeFileSync(stepLog, "");
  const first = new BenchChild({ name: "server", database, stepLog, reportEnded: killAfterEnded });
  let serving = first.expect("listening");
  const sending = sendAll(async () => (await serving).port);
  await first.expect("ended");
  const killedAt = performance.now();
  await first.kill();
  const executedBefore = readStepLog(stepLog).length;
  const copyingSince = performance.now();
  const leftBehind = copyDatabase(database, folder);
  // A restart has no copy to wait for.
  const copyingMs = performance.now() - copyingSince;

  const second = new BenchChild({ name: "server", database, stepLog, reportEnded: null });
  try {
    serving = second.expect("listening");
    await sending;
    await untilAllSteps(stepLog);
    const recoverySec = (performance.now() - killedAt - copyingMs) / 1000;
    await elapse(300);
    await second.kill();

    const lines = readStepLog(stepLog);
    const repeatedSteps = lines.length - new Set(lines).size;
    const inFlightAtKill = executedBefore - (await countCommitted(leftBehind));
    return {
      recoverySec,
      lostRuns: runs - (await countCompleted(database)),
      executions: lines.length,
      repeatedSteps,
      inFlightAtKill,
      repeatedBeyondInFlight: Math.max(0, repeatedSteps - inFlightAtKill),
    };
  } finally {
    await second.kill();
  }
}

/** Sends each event until it is acknowledged; its id keeps a second try from starting a second run. */
async function sendAll(port: () => Promise<number>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: sendsInFlight });
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < runs) {
      const id = `r${next++}`;
      while (!(await trySend(agent, await port(), id))) await elapse(20);
    }
  };
  await Promise.all(Array.from({ length: sendsInFlight }, sender));
  agent.destroy();
}

async function trySend(agent: Agent, port: number, id: string): Promise<boolean> {
  try {
    await postJson(agent, port, "/e/bench", { name: "bench/three", id, data: { id } });
    return true;
  } catch {
    return false;
  }
}

function readStepLog(file: string): string[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
}

async function untilAllSteps(stepLog: string): Promise<void> {
  const end = Date.now() + 60_000;
  while (new Set(readStepLog(stepLog)).size < runs * 3) {
    if (Date.now() > end) throw new Error("not all steps were executed within a minute of the restart");
    // often enough for the figure, not so often that reading takes the time of the process that is measured
    await elapse(20);
  }
}

/** What the killed process has left, to look into without touching what the next one finds. */
function copyDatabase(database: string, folder: string): string {
  const copy = join(folder, "at-kill.db");
  for (const suffix of ["", "-wal"]) {
    if (existsSync(database + suffix)) copyFileSync(database + suffix, copy + suffix);
  }
  return copy;
}

async function countCommitted(database: string): Promise<number> {
  const store = await openSqliteStore({ path: database });
  let committed = 0;
  for (let cursor: string | null = null; ;) {
    const page = await store.runs.list({}, 100, cursor);
    const snapshots = await store.runs.snapshots(page.items.map((run) => run.id));
    for (const { journal } of snapshots) committed += journal.length;
    cursor = page.next;
    if (cursor === null) break;
  }
  await store.close();
  return committed;
}

async function countCompleted(database: string): Promise<number> {
  const store = await openSqliteStore({ path: database });
  const { completed } = await store.runs.count();
  await store.close();
  return completed;
}
