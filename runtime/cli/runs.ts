/** `stepwright runs list`, `stepwright runs show` and `stepwright runs export`. */
import { Command, InvalidArgumentError, Option } from "commander";
import pc from "picocolors";

import { runStatusSchema } from "../server/run-answer.js";
import { runReportingFailures } from "./command-failure.js";
import { renderFate } from "./render-fate.js";
import { renderRun } from "./render-run.js";
import { renderRunTable } from "./render-run-table.js";
import { withRunSource, type RunListing } from "./run-source.js";
import { makeUrlOption } from "./url-option.js";

interface SourceFlags {
  readonly url: string;
  readonly db?: string;
  readonly json: boolean;
}

export function makeRunsCommand(): Command {
  const list = new Command("list")
    .description("Lists runs, newest first.")
    .option("--function <id>", "only of this function, by its full id `<app>-<function>`")
    .option("--event <id>", "the runs of this event, each with what became of it there")
    .addOption(new Option("--status <status>", "only those").choices(runStatusSchema.options))
    .option("--limit <number>", "how many, 1 to 100", parseLimit, 20)
    .option("--cursor <cursor>", "the page that follows; `next` of the page before")
    .action((flags: RunListing & SourceFlags & { readonly event?: string }) => finish(() => listRuns(flags)));
  const show = new Command("show")
    .description("Shows the timeline of a run: its steps, their attempts and results, and what it waits for.")
    .argument("<id>", "the run's id")
    .action((id: string, flags: SourceFlags) => finish(() => showRun({ ...flags, id })));
  const history = new Command("export")
    .description("Prints a run with its events and its journal as JSON, for `replay` of `stepwright/testing`.")
    .argument("<id>", "the run's id")
    .action((id: string, flags: Omit<SourceFlags, "json">) => finish(() => exportOne({ ...flags, id })));
  for (const command of [list, show]) command.option("--json", "print the answer as JSON", false);
  for (const command of [list, show, history]) {
    command.addOption(makeUrlOption()).option("--db <file>", "read this database instead, when no server runs");
  }
  return new Command("runs")
    .description("Lists runs, shows one, or exports one.")
    .addCommand(list)
    .addCommand(show)
    .addCommand(history);
}

/** Gives the exit code. */
export async function listRuns({
  url,
  db,
  json,
  event,
  ...listing
}: RunListing & SourceFlags & { readonly event?: string }): Promise<number> {
  const { function: functionId, status, limit, cursor } = listing;
  if (event !== undefined) {
    const answer = await withRunSource({ url, db }, (source) => source.ofEvent(event, limit));
    const lines = answer.data.map(({ id, functionId: of, fate }) => `${id}  ${of}  ${renderFate(fate)}\n`);
    if (lines.length === 0) lines.push("it has started no run\n");
    for (const { expression, message } of answer.problems) {
      lines.push(`\`${expression}\` could not be evaluated: ${message}\n`);
    }
    process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : lines.join(""));
    return 0;
  }
  const page = await withRunSource({ url, db }, (source) =>
    source.list({ function: functionId, status, limit, cursor }),
  );
  process.stdout.write(json ? `${JSON.stringify(page, null, 2)}\n` : renderRunTable(page, colorsOfOutput()));
  return 0;
}

/** Gives the exit code. */
export async function showRun({ id, url, db, json }: SourceFlags & { readonly id: string }): Promise<number> {
  const run = await withRunSource({ url, db }, (source) => source.show(id));
  process.stdout.write(json ? `${JSON.stringify(run, null, 2)}\n` : renderRun(run, colorsOfOutput()));
  return 0;
}

/** Gives the exit code. */
export async function exportOne({ id, url, db }: Omit<SourceFlags, "json"> & { readonly id: string }): Promise<number> {
  const history = await withRunSource({ url, db }, (source) => source.export(id));
  process.stdout.write(`${JSON.stringify(history, null, 2)}\n`);
  return 0;
}

const colorsOfOutput = () => pc.createColors(pc.isColorSupported && process.stdout.isTTY === true);

async function finish(command: () => Promise<number>): Promise<void> {
  const code = await runReportingFailures(command);
  if (code !== 0) process.exitCode = code;
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= 100) return limit;
  throw new InvalidArgumentError("Give a number from 1 to 100.");
}
