import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";

import type { CrashReport, CrashRequest } from "./crash-child.js";

/** The built program: starting it from source would take longer than it lives. */
const program = join(import.meta.dirname, "..", "..", "dist", "runtime", "testing", "crash-child.js");

/** The process to kill, seen from outside. */
export class CrashProcess {
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #ready: Promise<readonly string[]>;
  readonly #finished: Promise<void>;
  /** Told of each acknowledged batch. */
  onAcknowledged: (batch: number, ids: readonly string[]) => void = () => {};
  readonly refusals: string[] = [];
  #output = "";

  constructor(options: {
    readonly database: string;
    readonly log: string;
    readonly name: string;
    readonly seed: number;
  }) {
    if (!existsSync(program)) throw new Error(`${program} is missing: run \`npm run build\``);
    this.#process = fork(program, [options.database, options.log, options.name, String(options.seed)], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: [],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (part: Buffer) => (this.#output = (this.#output + part.toString()).slice(-4_000)));
    }
    this.#exited = once(this.#process, "exit");
    this.#ready = this.#when("ready").then((report) => (report.kind === "ready" ? report.violations : []));
    this.#finished = this.#when("finished").then(() => {});
    // who does not wait for them must not be disturbed by a process that was killed
    this.#ready.catch(() => {});
    this.#finished.catch(() => {});
    this.#process.on("message", (report: CrashReport) => {
      if (report.kind === "acknowledged") this.onAcknowledged(report.batch, report.ids);
      if (report.kind === "refused") this.refusals.push(report.message);
    });
  }

  /** Resolves when the engine runs, with what `verify` found wrong after the restart. */
  ready(): Promise<readonly string[]> {
    return this.#ready;
  }

  send(batch: number, events: readonly unknown[]): void {
    this.#tell({ kind: "send", batch, events });
  }

  /** Waits until all runs have ended and the process has closed its store. */
  async finish(): Promise<void> {
    this.#tell({ kind: "finish" });
    await this.#finished;
    this.#process.disconnect();
    await this.#exited;
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#exited;
  }

  #tell(request: CrashRequest): void {
    if (this.#process.connected) this.#process.send(request, () => {});
  }

  #when(kind: CrashReport["kind"]): Promise<CrashReport> {
    return new Promise((resolve, reject) => {
      this.#process.on("message", (report: CrashReport) => {
        if (report.kind === kind) resolve(report);
      });
      this.#process.on("exit", (code, signal) => {
        reject(new Error(`the process ended with ${signal ?? code} before it was ${kind}:\n${this.#output}`));
      });
    });
  }
}
