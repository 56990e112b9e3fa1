import { join } from "node:path";

import { runJob } from "../child-process.js";
import type { Workload } from "../workload.js";

const [small, large] = [1_000, 1_000_000];

export const w10: Workload = {
  name: "W10",
  title: "a claim beside a backlog of 1,000,000 queued runs",
  targets: [
    { figure: "costRatio", atMost: 1.5 },
    { figure: "plainCostRatio", atMost: 1.5 },
  ],
  peers: "not measured",
  settings: { small, large, keys: "a hundredth of the runs", plain: "a tenth of the runs", claimSize: 500 },
  async measure({ folder }) {
    const few = await runJob({ name: "backlog", database: join(folder, "few.db"), runs: small });
    const many = await runJob({ name: "backlog", database: join(folder, "many.db"), runs: large });
    const ratio = (figure: string): number => (many[figure] ?? Number.NaN) / (few[figure] ?? Number.NaN);
    return {
      costRatio: ratio("claimMicrosPerRun"),
      plainCostRatio: ratio("plainClaimMicrosPerRun"),
      claimMicrosPerRun: many["claimMicrosPerRun"] ?? Number.NaN,
      smallClaimMicrosPerRun: few["claimMicrosPerRun"] ?? Number.NaN,
      filledSeconds: many["filledSeconds"] ?? Number.NaN,
    };
  },
};
