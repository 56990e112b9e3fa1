import { join } from "node:path";

import { BenchChild } from "../child-process.js";
import type { MeasureContext, Workload } from "../workload.js";

const settings = { runs: 1_000, inFlight: 100, warmUp: 300, sequences: 20, sequenceSteps: 5 };

const combinations = [
  ["v3", false],
  ["v3", true],
  ["v4", false],
  ["v4", true],
] as const;

/** The application is a process of its own beside the runtime's, with the official SDK in it. */
export const w11: Workload = {
  name: "W11",
  title: "3-step functions over HTTP, with the official SDK 3 and 4",
  targets: combinations.flatMap(([sdk, checkpointing]) => [
    { figure: nameOf("runsPerSec", sdk, checkpointing), atLeast: 850 },
    { figure: nameOf("stepP50ms", sdk, checkpointing), atMost: 5 },
  ]),
  peers: "Inngest dev server: 85 runs/s",
  settings,
  async measure(context) {
    const figures: Record<string, number> = {};
    for (const [sdk, checkpointing] of combinations) {
      const measured = await measureOne(context, sdk, checkpointing);
      for (const [figure, value] of Object.entries(measured)) figures[nameOf(figure, sdk, checkpointing)] = value;
    }
    return figures;
  },
};

function nameOf(figure: string, sdk: string, checkpointing: boolean): string {
  return `${sdk}${checkpointing ? "Checkpointing" : ""}.${figure}`;
}

async function measureOne({ folder }: MeasureContext, sdk: "v3" | "v4", checkpointing: boolean) {
  const database = join(folder, `w11-${sdk}-${checkpointing}.db`);
  const runtime = new BenchChild({ name: "remote", database, ...settings });
  try {
    const { port } = await runtime.expect("listening");
    const app = new BenchChild({ name: "sdk-app", sdk, checkpointing, runtimePort: port });
    try {
      await app.expect("listening");
      return (await runtime.expect("figures")).figures;
    } finally {
      await app.kill();
    }
  } finally {
    await runtime.kill();
  }
}
