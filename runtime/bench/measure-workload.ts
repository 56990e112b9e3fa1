import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Sample, summarise } from "./statistics.js";
import type { Workload } from "./workload.js";

/** What one workload gave; printed as one line of JSON. */
export interface WorkloadResult {
  readonly workload: string;
  /** Medians, by figure. */
  readonly figures: Readonly<Record<string, number>>;
  readonly spread: Readonly<Record<string, readonly [number, number]>>;
  readonly repetitions: number;
}

/** Repeats the workload in folders of their own on the disk of the system's temporary folder. */
export async function measureWorkload(
  workload: Workload,
  options: { readonly repetitions: number; readonly withPeers: boolean },
): Promise<WorkloadResult> {
  const samples: Sample[] = [];
  for (let i = 0; i < options.repetitions; i++) {
    const folder = mkdtempSync(join(tmpdir(), "stepwright-bench-"));
    try {
      samples.push(await workload.measure({ folder, withPeers: options.withPeers }));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  const { medians, spread } = summarise(samples);
  return { workload: workload.name, figures: medians, spread, repetitions: samples.length };
}
