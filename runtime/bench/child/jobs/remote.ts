import { createHash } from "node:crypto";
import { Agent } from "node:http";

import { applicationFromDefinitions } from "../../../codegen/application.js";
import { RemoteFunction } from "../../../define/remote-function.js";
import { createEngine } from "../../../engine/create-engine.js";
import { createServer } from "../../../server/create-server.js";
import { openSqliteStore } from "../../../store/sqlite/open-sqlite-store.js";
import { Checkpoints } from "../../../transport/http/checkpoints.js";
import { postJson } from "../../http-client.js";
import { percentile } from "../../statistics.js";
import { Progress, sendEvents } from "../bench-engine.js";
import { type Job, report } from "../job.js";
import { collectGarbage, cpuSeconds, seconds } from "../measuring.js";

/** Functions behind HTTP: many runs at once, then the time from one step's end to the next one's. */
export async function measureRemote(job: Job & { name: "remote" }): Promise<Record<string, number>> {
  const progress = new Progress();
  const ends: number[] = [];
  const checkpoints = new Checkpoints();
  const engine = createEngine({
    http: { checkpoints },
    store: await openSqliteStore({ path: job.database }),
    app: applicationFromDefinitions([]),
    observe: (happening) => {
      if (happening.kind === "step-completed" && happening.functionId === "sdk-sequence") ends.push(performance.now());
      progress.observe(happening);
    },
  });
  await engine.start();
  const server = createServer({ engine, checkpoints });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  report({ kind: "listening", port: address.port });
  while (engine.app.functions.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));

  const warm = progress.after("run-ended", job.warmUp);
  await sendEvents(engine, { name: "sdk/three", prefix: "warm", count: job.warmUp, inFlight: 50 });
  await warm;
  collectGarbage();
  const ended = progress.after("run-ended", job.runs);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await sendEvents(engine, { name: "sdk/three", prefix: "r", count: job.runs, inFlight: job.inFlight });
  await ended;
  const total = seconds(begun);
  const cpuMsPerRun = (cpuSeconds(cpu) / job.runs) * 1_000;

  const times: number[] = [];
  for (let run = 0; run < job.sequences; run++) {
    ends.length = 0;
    const last = progress.after("run-ended", 1);
    await sendEvents(engine, { name: "sdk/sequence", prefix: `s${run}-`, count: 1, inFlight: 1, n: job.sequenceSteps });
    await last;
    for (const [index, end] of ends.slice(1).entries()) times.push(end - (ends[index] ?? end));
  }
  const { completed } = await engine.store.runs.count();
  if (completed !== job.warmUp + job.runs + job.sequences) throw new Error(`${completed} runs are completed`);
  const [{ definition } = { definition: null }] = engine.app.functions.filter(({ entry }) => entry.id === "three");
  if (!(definition instanceof RemoteFunction)) throw new Error("`three` is not behind HTTP");
  const sdkAlone = await measureSdkAlone(definition.url, job.runs, job.inFlight);
  return {
    runsPerSec: job.runs / total,
    sdkAloneRunsPerSec: sdkAlone,
    shareOfSdkAlone: job.runs / total / sdkAlone,
    cpuMsPerRun,
    stepP50ms: percentile(times, 0.5),
    stepP99ms: percentile(times, 0.99),
  };
}

/** How many runs the application could do in a second if the runtime cost nothing: the same four requests, from memory. */
async function measureSdkAlone(url: string, runs: number, inFlight: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const { port, pathname, search } = new URL(url);
  const event = { name: "sdk/three", id: "e1", ts: 1_700_000_000_000, data: { id: "r1" } };
  const hashes = ["s1", "s2", "s3"].map((id) => createHash("sha1").update(id).digest("hex"));
  const bodies = [0, 1, 2, 3].map((known) => {
    const stack = hashes.slice(0, known);
    const steps = Object.fromEntries(stack.map((hash, k) => [hash, { data: { ok: true, id: "r1", k } }]));
    const ctx = { run_id: "r1", attempt: 0, disable_immediate_execution: false, use_api: false };
    return { version: -1, event, events: [event], steps, ctx: { ...ctx, stack: { stack, current: known } } };
  });
  const begun = performance.now();
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next++ < runs) for (const body of bodies) await postJson(agent, Number(port), pathname + search, body);
  };
  await Promise.all(Array.from({ length: inFlight }, runner));
  agent.destroy();
  return runs / seconds(begun);
}
