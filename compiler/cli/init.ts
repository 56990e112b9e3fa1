/** `stepwright init`. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";

import { readPackageVersion } from "./package-version.js";

export function makeInitCommand(): Command {
  return new Command("init")
    .description(
      "Adds a first function to a project, with scripts that check, build and run it.\n" +
        "What is there already stays as it is; the second time there is nothing to do.",
    )
    .argument("[folder]", "the project's folder; by default this one")
    .addHelpText("after", "\nExit codes: 0 done, 2 wrong use.")
    .action((folder: string | undefined, _options: object, command: Command) => init(resolve(folder ?? "."), command));
}

async function init(folder: string, command: Command): Promise<void> {
  // Here and not above: `--help` needs no compiler.
  const [{ planInit }, { replaceTexts }, { listTsconfigAdvice }] = await Promise.all([
    import("../init/plan-init.js"),
    import("../edits/replace-texts.js"),
    import("../init/tsconfig-advice.js"),
  ]);
  const planned = planInit(folder, readPackageVersion());
  if (!planned.ok) command.error(`error: ${planned.problem}`);
  const { writes, kept } = planned.plan;
  for (const { file, before, after, what } of writes) {
    const path = join(folder, file);
    await mkdir(dirname(path), { recursive: true });
    // `wx`: what has come into being since is not overwritten either.
    if (before === null) await writeFile(path, after, { flag: "wx" });
    else await replaceTexts([{ path, before, after }]);
    process.stdout.write(`${before === null ? "wrote" : "added to"} ${file}: ${what}\n`);
  }
  for (const file of kept) process.stdout.write(`kept ${file}\n`);
  const functions = ["src/stepwright/client.ts", "src/stepwright/hello.ts"];
  for (const advice of listTsconfigAdvice(folder, functions)) process.stdout.write(`to do: ${advice}\n`);
  if (writes.length === 0) process.stdout.write("nothing to do\n");
  else process.stdout.write("next: npm install, then npm run stepwright:dev\n");
}
