import { join } from "node:path";

import { runJob } from "../child-process.js";
import type { Workload } from "../workload.js";

const steps = 500;

export const w5: Workload = {
  name: "W5",
  title: "500 parallel steps",
  targets: [{ figure: "seconds", atMost: 0.1 }],
  peers: "Restate 0.35 s; DBOS 0.47 s; Inngest 15.8 s",
  settings: { steps },
  measure: async ({ folder }) => runJob({ name: "fan-out", database: join(folder, "w5.db"), steps }),
};
