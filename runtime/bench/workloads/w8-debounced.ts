import { join } from "node:path";

import { runJob } from "../child-process.js";
import type { Workload } from "../workload.js";

const settings = { events: 200_000, keys: 1_000, perCall: 500, inFlight: 4 };

/** Events a second until the last is durable; one run for each key follows when its period is over. */
export const w8: Workload = {
  name: "W8",
  title: "200,000 debounced events on 1,000 keys",
  targets: [{ figure: "eventsPerSec", atLeast: 20_000 }],
  peers: "not measured",
  settings,
  measure: async ({ folder }) =>
    runJob({ name: "flow", kind: "debounced", database: join(folder, "w8.db"), runs: settings.keys, ...settings }),
};
