import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { createCompiler } from "../../../../compiler/index.js";
import { functionFile } from "../../compile/write-project.js";
import { median } from "../../statistics.js";
import { cpuSeconds, peakMb, seconds } from "../measuring.js";
import type { Job } from "../job.js";

/** What `stepwright dev` does: one process that compiles again after each edit of one file. */
export async function compileEdits(job: Job & { name: "compile-edits" }): Promise<Record<string, number>> {
  const compiler = createCompiler({ project: job.project });
  const begun = performance.now();
  const first = compileProject();
  const firstSec = seconds(begun);
  const times: number[] = [];
  const cpu: number[] = [];
  let hash = first;
  for (let edit = 0; edit < job.edits; edit++) {
    const file = join(job.project, functionFile(3 + edit));
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace("total: event.data.amount", `total: ${edit} + event.data.amount`),
    );
    const cpuBefore = process.cpuUsage();
    const editedAt = performance.now();
    const next = compileProject();
    times.push(seconds(editedAt));
    cpu.push(cpuSeconds(cpuBefore));
    if (next === hash) throw new Error("the edit has not changed the manifest");
    hash = next;
  }
  return { inProcessSec: firstSec, editSec: median(times), editCpuSec: median(cpu), watchPeakMB: peakMb() };

  function compileProject(): string {
    const { manifest, diagnostics } = compiler.compile();
    if (manifest === null) throw new Error(`the project has errors: ${diagnostics[0]?.message}`);
    return manifest.hash;
  }
}
