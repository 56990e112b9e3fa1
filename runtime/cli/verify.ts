/** `stepwright verify`. */
import { Command } from "commander";

import type { RunStatus } from "../store/records.js";
import type { Violation } from "../store/store.js";
import { runReportingFailures } from "./command-failure.js";
import { openExistingStore } from "./open-store.js";
import { defaultDatabase } from "./runtime-options.js";

export interface VerifyOptions {
  readonly db: string;
  readonly json: boolean;
}

export function makeVerifyCommand(): Command {
  return new Command("verify")
    .description("Checks that no run in a database is lost: each open one can go on by itself or waits for something.")
    .option("--db <file>", "the database, which no server has open", defaultDatabase)
    .option("--json", "print what was found as JSON", false)
    .action(async (flags: VerifyOptions) => {
      const code = await runReportingFailures(() => verify(flags));
      if (code !== 0) process.exitCode = code;
    });
}

/** Gives the exit code: 1 when something is wrong. @throws CommandFailure | StoreError */
export async function verify({ db, json }: VerifyOptions): Promise<number> {
  const store = await openExistingStore(db);
  try {
    const found = await store.verify(Date.now());
    // The file is open here, so no worker has it: what a crash has left leased is freed by the next start.
    const isInterrupted = ({ code }: Violation) => store.exclusive && code === "dead-lease";
    const violations = found.filter((violation) => !isInterrupted(violation));
    const interrupted = found.length - violations.length;
    const counts = await store.runs.count();
    if (json) process.stdout.write(`${JSON.stringify({ violations, interrupted, runs: counts }, null, 2)}\n`);
    else process.stdout.write(describe(store.description, violations, interrupted, counts));
    return violations.length === 0 ? 0 : 1;
  } finally {
    await store.close();
  }
}

function describe(
  store: string,
  violations: readonly Violation[],
  interrupted: number,
  counts: Readonly<Record<RunStatus, number>>,
): string {
  const runs = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return [
    ...violations.map(({ code, message }) => `violation[${code}]: ${message}\n`),
    ...(interrupted === 0 ? [] : [`${interrupted} interrupted: the next start resumes them\n`]),
    `${store}: ${runs} runs, ${violations.length === 0 ? "nothing is wrong" : `${violations.length} wrong`}\n`,
  ].join("");
}
