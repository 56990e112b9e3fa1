/** `stepwright start`. */
import { Command } from "commander";

import { runReportingFailures } from "./command-failure.js";
import { openRuntime, type RuntimeOptions } from "./open-runtime.js";
import {
  defaultApplicationFile,
  makeDatabaseOption,
  makeDrainOption,
  makeEventKeyOption,
  makeHostOption,
  makePortOption,
  makeRetryIntervalOption,
} from "./runtime-options.js";
import { untilSignalled } from "./until-signalled.js";

interface StartFlags {
  readonly app: string;
  readonly db: string;
  readonly port: number;
  readonly host: string;
  readonly retryInterval?: number;
  readonly eventKey: readonly string[];
  readonly drain: number;
}

export function makeStartCommand(): Command {
  return new Command("start")
    .description("Runs a built application until it is asked to stop by SIGINT or SIGTERM.")
    .option("--app <file>", "what `stepwright build` has written", defaultApplicationFile)
    .addOption(makeDatabaseOption())
    .addOption(makePortOption())
    .addOption(makeHostOption())
    .addOption(makeRetryIntervalOption())
    .addOption(makeEventKeyOption())
    .addOption(makeDrainOption())
    .action(async (flags: StartFlags) => {
      const code = await runReportingFailures(() =>
        start({
          app: flags.app,
          db: flags.db,
          port: flags.port,
          host: flags.host,
          retryIntervalMs: flags.retryInterval,
          eventKeys: flags.eventKey,
          drainMs: flags.drain,
        }),
      );
      // the application may hold timers and connections of its own, which would keep the process
      process.exit(code);
    });
}

/** Runs until a signal, then drains; gives the exit code. */
export async function start(options: RuntimeOptions & { readonly drainMs: number }): Promise<number> {
  // One function's forgotten promise must not end the runs of all others.
  process.on("unhandledRejection", (reason) => {
    const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
    process.stderr.write(`warning: a promise was rejected and nobody handled it\n${text}\n`);
  });
  const signalled = untilSignalled();
  const runtime = await openRuntime(options);
  const { appId, functionCount, storeDescription } = runtime;
  const functions = functionCount === 1 ? "1 function" : `${functionCount} functions`;
  process.stdout.write(`stepwright is ready at ${runtime.url} (${appId}, ${functions}, ${storeDescription})\n`);
  const signal = await signalled;
  process.stdout.write(`${signal}: finishing running steps; a second signal stops at once\n`);
  await runtime.close(options.drainMs);
  process.stdout.write("stopped\n");
  return 0;
}
