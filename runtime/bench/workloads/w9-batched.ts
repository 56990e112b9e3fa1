import { join } from "node:path";

import { runJob } from "../child-process.js";
import type { Workload } from "../workload.js";

const settings = { events: 200_000, keys: 1, perCall: 500, inFlight: 4 };

/** From the first send to the end of the last run. */
export const w9: Workload = {
  name: "W9",
  title: "200,000 events in batches of 100",
  targets: [{ figure: "eventsPerSec", atLeast: 40_000 }],
  peers: "not measured",
  settings,
  measure: async ({ folder }) =>
    runJob({
      name: "flow",
      kind: "batched",
      database: join(folder, "w9.db"),
      runs: settings.events / 100,
      ...settings,
    }),
};
