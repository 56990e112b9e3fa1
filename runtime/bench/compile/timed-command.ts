import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

export interface CommandTime {
  readonly seconds: number;
  /** Of all its threads, to within 20 ms; not a number where there is no /proc. */
  readonly cpuSeconds: number;
  /** The most memory that the process has had, in MB; not a number where there is no /proc. */
  readonly peakMB: number;
}

/** Runs a program of Node to its end. Throws with its output when it fails. */
export function timeCommand(script: string, args: readonly string[], folder: string): Promise<CommandTime> {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    const child = spawn(process.execPath, [script, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let peakMB = Number.NaN;
    let cpuSeconds = Number.NaN;
    const look = setInterval(() => {
      peakMB = readPeak(child.pid ?? 0) ?? peakMB;
      cpuSeconds = readCpuSeconds(child.pid ?? 0) ?? cpuSeconds;
    }, 20);
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (output += part.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      clearInterval(look);
      if (code === 0) resolve({ seconds: (performance.now() - begun) / 1000, cpuSeconds, peakMB });
      else reject(new Error(`${script} ${args.join(" ")} ended with ${code}:\n${output.slice(0, 2_000)}`));
    });
  });
}

function readPeak(pid: number): number | null {
  try {
    const kb = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kb === undefined ? null : Number(kb) / 1024;
  } catch {
    return null;
  }
}

/** User and system time, which Linux counts in hundredths of a second on every machine that Node runs on. */
function readCpuSeconds(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name of the program, in parentheses, may have spaces.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return null;
  }
}
