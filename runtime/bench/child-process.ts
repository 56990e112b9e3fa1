import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

import { packageFile } from "../manifest/package-files.js";
import type { Job, JobName, Report } from "./child/job.js";

/** Bundled as what is published: the time that a process takes to start is part of what is measured. */
const entry = packageFile("dist/bundle/runtime/bench/child/main.js");
const longest = 600_000;

/** A measured process: it does one job and reports. Killed by its own id when this process ends. */
export class BenchChild {
  readonly #process: ChildProcess;
  readonly #reports: Report[] = [];
  readonly #waiting: (() => void)[] = [];
  #gone: string | null = null;

  constructor(job: Job, environment: Readonly<Record<string, string>> = {}) {
    this.#process = fork(entry, [], {
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      env: { ...process.env, NODE_ENV: "production", ...environment },
    });
    this.#process.on("message", (report: Report) => {
      this.#reports.push(report);
      this.#notify();
    });
    this.#process.on("exit", (code, signal) => {
      this.#gone = signal ?? `code ${code}`;
      this.#notify();
    });
    process.once("exit", this.#killNow);
    this.#process.send(job);
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The next report of that kind. */
  async expect<K extends Report["kind"]>(kind: K): Promise<Extract<Report, { kind: K }>> {
    const end = Date.now() + longest;
    for (;;) {
      const index = this.#reports.findIndex((report) => report.kind === kind);
      const [report] = index === -1 ? [] : this.#reports.splice(index, 1);
      if (report !== undefined) return report as Extract<Report, { kind: K }>;
      const failure = this.#reports.find((each) => each.kind === "error");
      if (failure?.kind === "error") throw new Error(`the measured process failed: ${failure.message}`);
      if (this.#gone !== null) throw new Error(`the measured process ended with ${this.#gone} before \`${kind}\``);
      if (Date.now() > end) throw new Error(`the measured process did not report \`${kind}\` in ${longest} ms`);
      await this.#change(end - Date.now());
    }
  }

  async kill(): Promise<void> {
    process.off("exit", this.#killNow);
    if (this.#gone !== null) return;
    const exited = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exited;
  }

  readonly #killNow = (): void => {
    this.#process.kill("SIGKILL");
  };

  #notify(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Does a job that reports figures, in a process of its own. */
export async function runJob<N extends JobName>(job: Job & { name: N }): Promise<Readonly<Record<string, number>>> {
  const child = new BenchChild(job);
  try {
    return (await child.expect("figures")).figures;
  } finally {
    await child.kill();
  }
}

/** Memory of a process in MB, shared pages counted in proportion; where there is no /proc, not a number. */
export function memoryOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? Number.NaN) / 1024;
  } catch {
    return Number.NaN;
  }
}
