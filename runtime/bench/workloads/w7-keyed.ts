import { join } from "node:path";

import { runJob } from "../child-process.js";
import type { Workload } from "../workload.js";

const settings = { events: 100_000, keys: 10_000, perCall: 100, inFlight: 10 };

export const w7: Workload = {
  name: "W7",
  title: "100,000 runs, one at a time for each of 10,000 keys, throttled",
  targets: [{ figure: "runsPerSec", atLeast: 8_000 }],
  peers: "not measured",
  settings,
  measure: async ({ folder }) =>
    runJob({ name: "flow", kind: "keyed", database: join(folder, "w7.db"), runs: settings.events, ...settings }),
};
