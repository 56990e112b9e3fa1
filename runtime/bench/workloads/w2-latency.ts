import { Agent } from "node:http";
import { join } from "node:path";

import { BenchChild, runJob } from "../child-process.js";
import { getJson, postJson } from "../http-client.js";
import { percentile } from "../statistics.js";
import type { Workload } from "../workload.js";

const warmUp = 200;
const samples = 300;

export const w2: Workload = {
  name: "W2",
  title: "event → result, 1 step",
  targets: [
    { figure: "p50ms", atMost: 1 },
    { figure: "httpP50ms", atMost: 3 },
  ],
  peers: "DBOS 3.6 ms; Restate 5.4 ms; Inngest 299 ms",
  settings: {
    samples,
    warmUpRuns: warmUp,
    oneAtATime: "yes",
    http: "POST /e, GET the event's run, GET its result with wait",
  },
  async measure({ folder }) {
    const inProcess = await runJob({ name: "latency", database: join(folder, "w2.db"), warmUp, samples });
    return { ...inProcess, ...(await measureOverHttp(join(folder, "w2-http.db"))) };
  },
};

async function measureOverHttp(database: string): Promise<Record<string, number>> {
  const child = new BenchChild({ name: "server", database, stepLog: null, reportEnded: null });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const { port } = await child.expect("listening");
    const byEvent: number[] = [];
    const byInvoke: number[] = [];
    for (let i = -warmUp; i < samples; i++) {
      const begun = performance.now();
      const { ids } = await postJson<{ ids: string[] }>(agent, port, "/e/bench", {
        name: "bench/sequence",
        data: { id: `x${i}`, n: 1 },
      });
      const { data } = await getJson<{ data: { id: string }[] }>(agent, port, `/v1/events/${ids[0]}/runs`);
      await readResult(agent, port, data[0]?.id);
      const between = performance.now();
      const { runId } = await postJson<{ runId: string }>(agent, port, "/invoke/sequence", {
        data: { id: `y${i}`, n: 1 },
      });
      await readResult(agent, port, runId);
      if (i < 0) continue;
      byEvent.push(between - begun);
      byInvoke.push(performance.now() - between);
    }
    return {
      httpP50ms: percentile(byEvent, 0.5),
      httpP99ms: percentile(byEvent, 0.99),
      httpInvokeP50ms: percentile(byInvoke, 0.5),
      httpInvokeP99ms: percentile(byInvoke, 0.99),
    };
  } finally {
    agent.destroy();
    await child.kill();
  }
}

async function readResult(agent: Agent, port: number, runId: string | undefined): Promise<void> {
  const result = await getJson<{ output: unknown }>(agent, port, `/v1/runs/${runId}/result?wait=10000`);
  if (JSON.stringify(result.output) !== '{"n":1}') throw new Error(`a run gave ${JSON.stringify(result)}`);
}
