import { join } from "node:path";

import { runJob } from "../child-process.js";
import type { Workload } from "../workload.js";

const runs = 5_000;
const inFlight = 1_000;
const warmUp = 1_000;

export const w1: Workload = {
  name: "W1",
  title: "5,000 runs × 3 steps",
  targets: [{ figure: "runsPerSec", atLeast: 15_000 }],
  peers: "Restate 1.7: 1,095 runs/s; DBOS on PostgreSQL: 386; Inngest dev server: 85",
  settings: { runs, stepsPerRun: 3, sendsInFlight: inFlight, warmUpRuns: warmUp },
  async measure({ folder }) {
    const bare = await runJob({ name: "bare", database: join(folder, "bare.db"), runs, inFlight });
    const engine = await runJob({ name: "throughput", database: join(folder, "w1.db"), runs, inFlight, warmUp });
    const bareRunsPerSec = bare["runsPerSec"] ?? Number.NaN;
    return { ...engine, bareRunsPerSec, shareOfBare: (engine["runsPerSec"] ?? Number.NaN) / bareRunsPerSec };
  },
};
