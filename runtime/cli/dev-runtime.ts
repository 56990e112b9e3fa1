/** What `stepwright dev` lets run what it has built. */
import type { Command } from "commander";
import pc from "picocolors";

import { announceReady } from "./announce-ready.js";
import { describeMissingVariables, findMissingVariables, readFunctionsBeside } from "./check-environment.js";
import { runReportingFailures } from "./command-failure.js";
import { loadApplicationFile } from "./load-application-file.js";
import { addLimitOptions, type LimitFlags, readLimits } from "./limit-options.js";
import { openRuntime } from "./open-runtime.js";
import { makeHappeningPrinter } from "./print-happenings.js";
import {
  makeConnectPortOption,
  makeDatabaseOption,
  makeDrainOption,
  makeDedupeOption,
  makeEnvironmentCheckOption,
  makeEventKeyOption,
  makeHostOption,
  makePortOption,
  makeRetryIntervalOption,
  makeDiscoveryOption,
  makeSdkUrlOption,
  makeSigningKeyFallbackOption,
  makeSigningKeyOption,
  readSigningKeys,
} from "./runtime-options.js";
import { surviveRejections } from "./survive-rejections.js";
import { untilSignalled } from "./until-signalled.js";

export interface DevRuntime {
  /** Loads what was built again, and swaps it in if it has changed; runs go on. Prints why when it cannot be loaded. */
  replaceApplication(): Promise<void>;
  /** Drains. */
  close(): Promise<void>;
}

interface RuntimeFlags extends LimitFlags {
  readonly db?: string;
  readonly port: number;
  readonly host: string;
  readonly retryInterval?: number;
  readonly dedupeWindow: number;
  readonly eventKey: readonly string[];
  readonly drain: number;
  readonly envCheck: boolean;
  readonly sdkUrl: readonly string[];
  readonly discovery: boolean;
  readonly connectGatewayPort?: number;
  readonly signingKey?: string;
  readonly signingKeyFallback?: string;
}

export function addRuntimeOptions(command: Command): Command {
  return addLimitOptions(command)
    .addOption(makeDatabaseOption().default(undefined, "`dev.db` beside what is built"))
    .addOption(makePortOption())
    .addOption(makeHostOption())
    .addOption(makeRetryIntervalOption())
    .addOption(makeDedupeOption())
    .addOption(makeEventKeyOption())
    .addOption(makeDrainOption())
    .addOption(makeEnvironmentCheckOption())
    .addOption(makeSdkUrlOption())
    .addOption(makeConnectPortOption())
    .addOption(makeDiscoveryOption())
    .addOption(makeSigningKeyOption())
    .addOption(makeSigningKeyFallbackOption());
}

/**
 * Starts the built application and prints each thing that happens. `command` has the options of `addRuntimeOptions`. Null when the
 * application cannot be loaded, which another build may change; why is printed. `app` is null where there are only applications that
 * are served elsewhere.
 *
 * @throws CommandFailure | RuntimeError | StoreError
 */
export async function openDevRuntime(
  files: { readonly app: string | null; readonly db: string },
  command: Command,
): Promise<DevRuntime | null> {
  const { app } = files;
  const flags = command.opts<RuntimeFlags>();
  const warn = warnOfMissingVariables(flags.envCheck ? app : null);
  warn();
  if (app !== null && (await runReportingFailures(() => loads(app))) !== 0) return null;
  const print = makeHappeningPrinter(pc.createColors(pc.isColorSupported && process.stdout.isTTY === true));
  surviveRejections();
  const runtime = await openRuntime({
    app,
    db: flags.db ?? files.db,
    host: flags.host,
    port: flags.port,
    eventKeys: flags.eventKey,
    sdkUrls: flags.sdkUrl,
    connectPort: flags.connectGatewayPort,
    discovers: flags.discovery,
    // In development the environment's are not meant: applications take what is not signed.
    signingKeys: readSigningKeys(flags, {}),
    limits: readLimits(flags),
    needsEnvironment: false,
    retryIntervalMs: flags.retryInterval,
    dedupeMs: flags.dedupeWindow,
    observe: (happening) => process.stdout.write(`${print(happening)}\n`),
  });
  process.stdout.write(announceReady(runtime));
  return {
    async replaceApplication() {
      warn();
      await runReportingFailures(async () => {
        await runtime.replaceApplication();
        return 0;
      });
    },
    close: () => runtime.close(flags.drain),
  };
}

/** A function that is not tried out may lack what it needs; what is missing is said once. */
function warnOfMissingVariables(app: string | null): () => void {
  let said = "";
  return () => {
    if (app === null) return;
    const text = describeMissingVariables(findMissingVariables(readFunctionsBeside(app), process.env)) ?? "";
    if (text !== said && text !== "") process.stdout.write(`warning[missing-environment]: ${text}\n`);
    said = text;
  };
}

async function loads(app: string): Promise<number> {
  await loadApplicationFile(app);
  return 0;
}

export { runReportingFailures, untilSignalled };
