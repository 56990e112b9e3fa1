/** `stepwright verify`. */
import { Command } from "commander";

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
    const violations = await store.verify(Date.now());
    const counts = await store.runs.count();
    if (json) {
      process.stdout.write(`${JSON.stringify({ violations, runs: counts }, null, 2)}\n`);
    } else {
      for (const { code, message } of violations) process.stdout.write(`violation[${code}]: ${message}\n`);
      const runs = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const found = violations.length === 0 ? "nothing is wrong" : `${violations.length} wrong`;
      process.stdout.write(`${store.description}: ${runs} runs, ${found}\n`);
    }
    return violations.length === 0 ? 0 : 1;
  } finally {
    await store.close();
  }
}
