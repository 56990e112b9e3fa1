import { statSync } from "node:fs";
import { Agent } from "node:http";
import { join } from "node:path";

import { BenchChild, memoryOf } from "../child-process.js";
import { getJson, postJson } from "../http-client.js";
import type { Workload } from "../workload.js";

const runs = 20_000;
const inFlight = 1_000;

export const w4: Workload = {
  name: "W4",
  title: "20,000 runs asleep",
  targets: [
    { figure: "runsPerSec", atLeast: 8_000 },
    { figure: "memoryAddedMB", atMost: 120 },
    { figure: "restartToServingSec", atMost: 1 },
  ],
  peers: "Restate 2,540/s, +580 MB, 3.5 s to serve after a kill; DBOS 545/s, +517 MB",
  settings: { runs, sendsInFlight: inFlight, asleepFor: "1 h", served: "a new run has its result over HTTP" },
  async measure({ folder }) {
    const database = join(folder, "w4.db");
    const child = new BenchChild({ name: "sleepers", database, runs, inFlight });
    try {
      const { seconds, memoryBeforeMb } = await child.expect("asleep");
      const memoryAddedMB = memoryOf(child.pid) - memoryBeforeMb;
      await child.kill();
      const diskBytesPerRun = (statSync(database).size + sizeOf(`${database}-wal`)) / runs;
      const restartToServingSec = await timeToServing(database);
      return { runsPerSec: runs / seconds, seconds, memoryAddedMB, diskBytesPerRun, restartToServingSec };
    } finally {
      await child.kill();
    }
  },
};

/** From the start of a process on what the killed one has left to the result of a new run. */
async function timeToServing(database: string): Promise<number> {
  const begun = performance.now();
  const child = new BenchChild({ name: "server", database, stepLog: null, reportEnded: null });
  const agent = new Agent({ keepAlive: true });
  try {
    const { port } = await child.expect("listening");
    const { runId } = await postJson<{ runId: string }>(agent, port, "/invoke/sequence", {
      data: { id: "again", n: 1 },
    });
    const result = await getJson<{ status: string }>(agent, port, `/v1/runs/${runId}/result?wait=30000`);
    if (result.status !== "completed") throw new Error(`the first run after the restart: ${result.status}`);
    return (performance.now() - begun) / 1000;
  } finally {
    agent.destroy();
    await child.kill();
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
