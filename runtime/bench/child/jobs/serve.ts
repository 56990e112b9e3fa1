import { createServer } from "../../../server/create-server.js";
import { logSteps } from "../bench-functions.js";
import { openBenchEngine } from "../bench-engine.js";
import { type Job, report } from "../job.js";

/** Serves on a free port of the loopback until it is killed. */
export async function serveBench(job: Job & { name: "server" }): Promise<void> {
  const { engine, progress } = await openBenchEngine({
    database: job.database,
    ...(job.stepLog === null ? {} : { onStep: logSteps(job.stepLog) }),
  });
  if (job.reportEnded !== null) void progress.after("run-ended", job.reportEnded).then(() => report({ kind: "ended" }));
  const server = createServer({ engine });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  report({ kind: "listening", port: address.port });
}
