import { join } from "node:path";

import { runJob } from "../child-process.js";
import { timeCommand } from "../compile/timed-command.js";
import { writeProject } from "../compile/write-project.js";
import type { Sample } from "../statistics.js";
import type { Workload } from "../workload.js";

/** Each ten times the one before; an event and a file for five functions, as in the workload `compile`. */
const sizes = [100, 1_000, 10_000] as const;
const perEvent = 5;
const edits = 5;
const ourPackage = join(import.meta.dirname, "..", "..", "..", "..");
const command = join(ourPackage, "dist", "bundle", "compiler", "cli", "main.js");

/**
 * What one more function costs in a large application, beside what it costs in a small one: 1 is linear, 10 is quadratic. Of the
 * processor's time and not of the clock's, which other work on the machine lengthens.
 */
export const compileGrowth: Workload = {
  name: "compile-growth",
  title: "100, 1,000 and 10,000 functions: an event and a file for five of them",
  targets: [
    { figure: "coldGrowth", atMost: 1.2 },
    { figure: "memoryGrowth", atMost: 1.2 },
    { figure: "editGrowth", atMost: 1.2 },
  ],
  peers: "none that checks a whole application; `tsc --noEmit` is in the workload `compile`",
  settings: { sizes: sizes.join(), perEvent, edits, heap: "Node's default" },
  async measure({ folder }) {
    const sample: Record<string, number> = {};
    for (const functions of sizes) Object.assign(sample, await measureSize(join(folder, String(functions)), functions));
    return {
      ...sample,
      coldGrowth: growthOf(sample, "coldCpuSec"),
      memoryGrowth: growthOf(sample, "coldPeakMB"),
      editGrowth: growthOf(sample, "editCpuSec"),
    };
  },
};

async function measureSize(project: string, functions: number): Promise<Sample> {
  const groups = functions / perEvent;
  writeProject(project, { functions, events: groups, files: groups }, "stepwright", ourPackage);
  const cold = await timeCommand(command, ["build", "--project", project], project);
  const edited = await runJob({ name: "compile-edits", project, edits });
  const figures = { coldSec: cold.seconds, coldCpuSec: cold.cpuSeconds, coldPeakMB: cold.peakMB, ...edited };
  return Object.fromEntries(Object.entries(figures).map(([name, value]) => [nameAt(name, functions), value]));
}

/** What a function costs from the second size to the third, in parts of what it costs from the first to the second. */
function growthOf(sample: Sample, figure: string): number {
  const [small, middle, large] = sizes.map((functions) => sample[nameAt(figure, functions)] ?? Number.NaN);
  if (small === undefined || middle === undefined || large === undefined) return Number.NaN;
  const early = (middle - small) / (sizes[1] - sizes[0]);
  const late = (large - middle) / (sizes[2] - sizes[1]);
  return late / early;
}

const nameAt = (figure: string, functions: number): string => `${figure}.${functions}`;
