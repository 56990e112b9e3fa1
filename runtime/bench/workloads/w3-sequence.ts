import { join } from "node:path";

import { runJob } from "../child-process.js";
import type { Workload } from "../workload.js";

const steps = 1_000;
/** As the peers: their run of 200 steps came first, in the same process. */
const warmUpSteps = 200;
const journal = { short: 10, long: 10_000, window: 200 };

export const w3: Workload = {
  name: "W3",
  title: "one run, 1,000 steps in sequence",
  targets: [
    { figure: "seconds", atMost: 0.4 },
    { figure: "lateToEarly", atMost: 1.2 },
  ],
  peers: "Restate 1.37 s; DBOS 1.46 s; Inngest 2.6 s (v4), 30 s for 200 (v3)",
  settings: {
    steps,
    warmUpSteps,
    earlyStepsFrom: journal.short,
    lateStepsFrom: journal.long,
    stepsCompared: journal.window,
  },
  async measure({ folder }) {
    const sequence = await runJob({ name: "sequence", database: join(folder, "w3.db"), warmUpSteps, steps });
    const lengths = await runJob({ name: "journal-length", database: join(folder, "w3-long.db"), ...journal });
    return { ...sequence, ...lengths };
  },
};
