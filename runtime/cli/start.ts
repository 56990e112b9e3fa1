/** `stepwright start`. */
import { Command } from "commander";

import { announceReady } from "./announce-ready.js";
import { runReportingFailures } from "./command-failure.js";
import { addLimitOptions, type LimitFlags, readLimits } from "./limit-options.js";
import { openRuntime, type RuntimeOptions } from "./open-runtime.js";
import {
  defaultApplicationFile,
  defaultDatabase,
  makeConnectPortOption,
  makeDatabaseOption,
  makeDrainOption,
  makeDedupeOption,
  makeEnvironmentCheckOption,
  makeEventKeyOption,
  makeHostOption,
  makePortOption,
  makeRetryIntervalOption,
  makeSdkUrlOption,
  makeSigningKeyFallbackOption,
  makeSigningKeyOption,
  readSigningKeys,
} from "./runtime-options.js";
import { surviveRejections } from "./survive-rejections.js";
import { untilSignalled } from "./until-signalled.js";

interface StartFlags extends LimitFlags {
  readonly app: string;
  readonly db: string;
  readonly port: number;
  readonly host: string;
  readonly retryInterval?: number;
  readonly dedupeWindow: number;
  readonly eventKey: readonly string[];
  readonly drain: number;
  readonly envCheck: boolean;
  readonly sdkUrl: readonly string[];
  readonly connectGatewayPort?: number;
  readonly signingKey?: string;
  readonly signingKeyFallback?: string;
}

export function makeStartCommand(): Command {
  return addLimitOptions(new Command("start"))
    .description("Runs a built application until it is asked to stop by SIGINT or SIGTERM.")
    .option("--app <file>", "what `stepwright build` has written", defaultApplicationFile)
    .addOption(makeDatabaseOption().default(defaultDatabase))
    .addOption(makePortOption())
    .addOption(makeHostOption())
    .addOption(makeRetryIntervalOption())
    .addOption(makeDedupeOption())
    .addOption(makeEventKeyOption())
    .addOption(makeDrainOption())
    .addOption(makeEnvironmentCheckOption())
    .addOption(makeSdkUrlOption())
    .addOption(makeConnectPortOption())
    .addOption(makeSigningKeyOption())
    .addOption(makeSigningKeyFallbackOption())
    .action(async (flags: StartFlags) => {
      const code = await runReportingFailures(() =>
        start({
          app: flags.app,
          db: flags.db,
          port: flags.port,
          host: flags.host,
          retryIntervalMs: flags.retryInterval,
          dedupeMs: flags.dedupeWindow,
          limits: readLimits(flags),
          eventKeys: flags.eventKey,
          sdkUrls: flags.sdkUrl,
          connectPort: flags.connectGatewayPort,
          signingKeys: readSigningKeys(flags, process.env),
          needsEnvironment: flags.envCheck,
          drainMs: flags.drain,
        }),
      );
      // the application may hold timers and connections of its own, which would keep the process
      process.exit(code);
    });
}

/** Runs until a signal, then drains; gives the exit code. */
export async function start(options: RuntimeOptions & { readonly drainMs: number }): Promise<number> {
  surviveRejections();
  const signalled = untilSignalled();
  const runtime = await openRuntime(options);
  process.stdout.write(announceReady(runtime));
  const signal = await signalled;
  process.stdout.write(`${signal}: finishing running steps; a second signal stops at once\n`);
  await runtime.close(options.drainMs);
  process.stdout.write("stopped\n");
  return 0;
}
