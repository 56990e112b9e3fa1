/** `stepwright dev`. */
import { existsSync, mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { Command } from "commander";

import { DevBuild } from "./dev-build.js";
import { readSettings } from "./read-settings.js";
import { makeProjectOption } from "./report.js";
import { watchSources } from "./watch-sources.js";

/** What the runtime lends to this command; `main.ts` brings the two together. */
export interface DevRuntimeDoor {
  addRuntimeOptions(command: Command): Command;
  /** Starts what was built and prints what happens. Null when another build may change that it cannot be loaded. */
  openDevRuntime(files: { app: string | null; db: string }, command: Command): Promise<DevRuntime | null>;
  untilSignalled(): Promise<unknown>;
  /** Prints the failures that a person can do something about. */
  runReportingFailures(run: () => Promise<number>): Promise<number>;
}

export interface DevRuntime {
  replaceApplication(): Promise<void>;
  close(): Promise<void>;
}

interface DevFlags {
  readonly project?: string;
  readonly out?: string;
  readonly sdkUrl?: readonly string[];
}

const projectFile = "tsconfig.json";

export function makeDevCommand(door: DevRuntimeDoor): Command {
  const command = new Command("dev")
    .description(
      "Builds the application, runs it, and does so again after each change.\n" +
        "With errors the last good build goes on; runs are never lost.",
    )
    .addOption(makeProjectOption())
    .option("-o, --out <folder>", "where to write; by default `.stepwright` beside the tsconfig");
  return door
    .addRuntimeOptions(command)
    .action(async (flags: DevFlags, self: Command) =>
      process.exit(await door.runReportingFailures(() => dev(flags, self, door))),
    );
}

async function dev(flags: DevFlags, command: Command, door: DevRuntimeDoor): Promise<number> {
  const signalled = door.untilSignalled();
  const elsewhere = (flags.sdkUrl ?? []).length > 0;
  if (elsewhere && flags.project === undefined && !existsSync(projectFile))
    return devElsewhere(command, door, signalled);
  const { compile, outDir } = await readSettings(flags.project, command);
  const build = new DevBuild({ compile, out: flags.out === undefined ? outDir : resolve(flags.out) });
  const running: { runtime: DevRuntime | null } = { runtime: null };
  const refresh = async (): Promise<void> => {
    if (!(await build.run(command))) return;
    if (running.runtime) await running.runtime.replaceApplication();
    else running.runtime = await door.openDevRuntime(placesIn(build.outDir), command);
  };
  const since = Date.now();
  await refresh();
  const watch = watchSources({ root: build.root, files: build.files, ignored: build.outDir, since, changed: refresh });
  try {
    await Promise.race([signalled, watch.failed]);
  } finally {
    await watch.close();
    await build.close();
    await running.runtime?.close();
  }
  return 0;
}

/** There is nothing to build: the applications are served elsewhere. */
async function devElsewhere(command: Command, door: DevRuntimeDoor, signalled: Promise<unknown>): Promise<number> {
  mkdirSync(".stepwright", { recursive: true });
  const runtime = await door.openDevRuntime({ app: null, db: join(".stepwright", "dev.db") }, command);
  await signalled;
  await runtime?.close();
  return 0;
}

function placesIn(outDir: string): { app: string; db: string } {
  const folder = relative(process.cwd(), outDir);
  return { app: join(folder, "app.mjs"), db: join(folder, "dev.db") };
}
