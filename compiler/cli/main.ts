#!/usr/bin/env node
/**
 * The command line. This is the composition root: the one file that may reach both the compiler and the runtime, and
 * it reaches them only when their command is called. `stepwright send` must not load a compiler.
 */
import { Command, CommanderError } from "commander";

import { readFromConfiguredOut } from "./configured-out.js";
import { readPackageVersion } from "./package-version.js";

interface CommandEntry {
  readonly name: string;
  /** For the list of commands; a command's own options are known only to its file. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/**
 * One line a command. A file `cli/<name>.ts` exports `make<Name>Command(): Command`. Its action sets
 * `process.exitCode = 1` when what was asked for failed, and calls `command.error(message)` for a wrong use, which
 * exits with 2. Commands of the runtime live in `runtime/cli/`; only this file imports them.
 */
const commands: readonly CommandEntry[] = [
  {
    name: "build",
    summary: "check the application and write its manifest, client and runtime glue",
    load: async () => (await import("./build.js")).makeBuildCommand(),
  },
  {
    name: "check",
    summary: "check the application and write nothing",
    load: async () => (await import("./check.js")).makeCheckCommand(),
  },
  {
    name: "init",
    summary: "add a first function and scripts to a project",
    load: async () => (await import("./init.js")).makeInitCommand(),
  },
  {
    name: "diff",
    summary: "compare two deployments, and judge the runs in flight",
    load: async () => {
      const { makeDiffCommand } = await import("./diff.js");
      return makeDiffCommand(await import("../../runtime/cli/deployment-source.js"));
    },
  },
  {
    name: "graph",
    summary: "draw a function's steps, or the flow of events",
    load: async () => (await import("./graph.js")).makeGraphCommand(),
  },
  {
    name: "emit",
    summary: "write AsyncAPI, OpenAPI, JSON Schema or a catalogue",
    load: async () => (await import("./emit.js")).makeEmitCommand(),
  },
  {
    name: "explain",
    summary: "explain a diagnostic code, with a wrong and a right program",
    load: async () => (await import("./explain.js")).makeExplainCommand(),
  },
  {
    name: "migrate",
    summary: "rewrite definitions in the form of SDK v3 to that of v4",
    load: async () => (await import("./migrate.js")).makeMigrateCommand(),
  },
  {
    name: "dev",
    summary: "build and run the application, again after each change",
    load: async () => {
      const { makeDevCommand } = await import("./dev.js");
      return makeDevCommand(await import("../../runtime/cli/dev-runtime.js"));
    },
  },
  {
    name: "start",
    summary: "run the built application",
    load: async () => (await import("../../runtime/cli/start.js")).makeStartCommand(),
  },
  {
    name: "send",
    summary: "send an event to a running server",
    load: async () => (await import("../../runtime/cli/send.js")).makeSendCommand(),
  },
  {
    name: "signal",
    summary: "send a signal to the run that waits for it",
    load: async () => (await import("../../runtime/cli/signal.js")).makeSignalCommand(),
  },
  {
    name: "runs",
    summary: "list runs, or show the timeline of one",
    load: async () => (await import("../../runtime/cli/runs.js")).makeRunsCommand(),
  },
  {
    name: "cancel",
    summary: "cancel a run, or many",
    load: async () => (await import("../../runtime/cli/cancel.js")).makeCancelCommand(),
  },
  {
    name: "verify",
    summary: "check that no run in a database is lost",
    load: async () => (await import("../../runtime/cli/verify.js")).makeVerifyCommand(),
  },
];

/** Told apart from 1 (the application has errors) and 2 (wrong use). */
const internalError = 70;

/** Runs one command line (without node and the script) and gives the exit code. */
async function runCommandLine(args: readonly string[]): Promise<number> {
  const program = new Command("stepwright")
    .description("Durable execution for TypeScript: build an application, then run it.")
    .version(readPackageVersion(), "-v, --version", "print the version")
    .helpCommand("help [command]", "show the options of a command")
    .showSuggestionAfterError()
    .showHelpAfterError("(`stepwright --help` lists the commands)");
  // With `help <command>` the options of that command are wanted, so its file is loaded as well.
  const wanted = args[0] === "help" ? args[1] : args[0];
  for (const entry of commands) {
    const command = entry.name === wanted ? await entry.load() : new Command(entry.name);
    program.addCommand(command.summary(entry.summary).hook("preAction", (_, action) => readFromConfiguredOut(action)));
  }
  const below = program.commands.flatMap((command) => [command, ...command.commands]);
  for (const command of [program, ...below]) command.exitOverride();
  try {
    if (args.length === 0) program.outputHelp();
    else await program.parseAsync(args, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has printed its message by now; a code of 0 stands for `--help` and `--version`.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`internal error: ${trace}\nThis is a fault of stepwright itself; please report it.\n`);
    return internalError;
  }
}

process.exitCode = await runCommandLine(process.argv.slice(2));
