/** `stepwright migrate`. */
import { writeFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { Command } from "commander";

import { countNoun } from "./build-summary.js";
import { makeProjectOption } from "./report.js";

interface MigrateOptions {
  readonly project?: string;
  readonly write?: true;
}

export function makeMigrateCommand(): Command {
  return new Command("migrate")
    .description(
      "Rewrites definitions in the form of SDK v3 to that of v4: triggers, event schemas, options of `serve`,\n" +
        "invocations by name. Shows the changes; what it cannot rewrite safely it names and leaves.",
    )
    .addOption(makeProjectOption())
    .option("--write", "make the changes instead of only showing them")
    .addHelpText("after", "\nExit codes: 0 all can be (with --write: is) v4, 1 something was left, 2 wrong use.")
    .action(runMigrate);
}

async function runMigrate(options: MigrateOptions, command: Command): Promise<void> {
  // Here and not above: `--help` and a mistyped option need no compiler.
  const [{ openSource }, { readProjectConfig }, { migrate }] = await Promise.all([
    import("../phases/1-source/open-source.js"),
    import("../phases/1-source/project-config.js"),
    import("../phases/2-model/migrate/migrate.js"),
  ]);
  const config = readProjectConfig(process.cwd(), options.project);
  const source = openSource(config);
  if (source.files.length === 0) {
    command.error(
      `error: there is no source file in ${config.configPath ?? config.root}; run this in the application's folder, ` +
        "or name its tsconfig with `--project`",
    );
  }
  const { files, left, definitions } = migrate(source);
  for (const { diff } of files) process.stdout.write(diff);
  for (const { code, span, reason } of left) {
    const path = relative(process.cwd(), resolve(source.root, span.file)).replaceAll("\\", "/");
    process.stderr.write(`left: ${path}:${span.line}:${span.column}: ${code}: ${reason}\n`);
  }
  if (options.write) await Promise.all(files.map(({ fileName, text }) => writeFile(fileName, text)));
  const done = `${countNoun(files.length, "file")} ${options.write ? "changed" : "would change"}`;
  const rest = left.length > 0 ? `, ${countNoun(left.length, "place")} left as it was` : "";
  const hint = options.write || files.length === 0 ? "" : "; `--write` makes the changes";
  process.stderr.write(`${countNoun(definitions, "definition")}, ${done}${rest}${hint}\n`);
  if (left.length > 0) process.exitCode = 1;
}
