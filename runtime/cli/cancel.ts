/** `stepwright cancel`. */
import { Command, InvalidArgumentError } from "commander";

import { parseDuration } from "../manifest/duration.js";
import { cancelRunAnswerSchema } from "../server/routes/cancel-run.js";
import { cancellableAnswerSchema, cancellationAnswerSchema } from "../server/routes/cancellations.js";
import { runReportingFailures } from "./command-failure.js";
import { parseServerUrl, readAnswer } from "./read-answer.js";
import { makeUrlOption } from "./url-option.js";

interface CancelFlags {
  readonly url: string;
  readonly app?: string;
  readonly function?: string;
  readonly startedAfter?: string;
  readonly startedBefore?: string;
  readonly if?: string;
  readonly yes: boolean;
}

export function makeCancelCommand(): Command {
  const command = new Command("cancel")
    .description("Cancels a run, or all runs of a function that are meant; of many it says first how many there are.")
    .argument("[run]", "the run's id")
    .option("--app <id>", "of many: the application")
    .option("--function <id>", "of many: the function, without the application's prefix")
    .option("--started-after <time>", "only runs made since: ISO 8601, or `2h` for two hours ago", parseMoment)
    .option("--started-before <time>", "only runs made before that time", parseMoment)
    .option("--if <expression>", "only runs with such an event: `event.data.plan == 'free'`")
    .option("--yes", "cancel many without asking; without it they are only counted", false)
    .addOption(makeUrlOption());
  return command.action(async (run: string | undefined, flags: CancelFlags) => {
    const many = flags.app !== undefined || flags.function !== undefined;
    if (run === undefined && !(flags.app !== undefined && flags.function !== undefined)) {
      command.error("error: name a run, or `--app` and `--function`");
    }
    if (run !== undefined && (many || flags.startedAfter || flags.startedBefore || flags.if)) {
      command.error("error: name a run, or describe many with `--app` and `--function`, not both");
    }
    const code = await runReportingFailures(() => (run === undefined ? cancelMany(flags) : cancelOne(run, flags.url)));
    if (code !== 0) process.exitCode = code;
  });
}

/** Gives the exit code. */
export async function cancelOne(run: string, url: string): Promise<number> {
  const path = new URL(`/v1/runs/${encodeURIComponent(run)}`, parseServerUrl(url));
  const { data } = await readAnswer(path, cancelRunAnswerSchema, { method: "DELETE" });
  const later = data.status === "cancelling" ? ": a step of it is still running" : "";
  process.stdout.write(`${data.runId} ${data.status}${later}\n`);
  return 0;
}

/** Gives the exit code. Counts alone, without `yes`. */
export async function cancelMany({ url, yes, ...flags }: CancelFlags): Promise<number> {
  const path = new URL("/v1/cancellations", parseServerUrl(url));
  const body = JSON.stringify({
    app_id: flags.app,
    function_id: flags.function,
    started_after: flags.startedAfter,
    started_before: flags.startedBefore,
    if: flags.if,
  });
  const post = { method: "POST", body, headers: { "content-type": "application/json" } };
  const dry = new URL(path);
  dry.searchParams.set("dry_run", "true");
  const { count } = (await readAnswer(dry, cancellableAnswerSchema, post)).data;
  if (!yes) {
    process.stdout.write(`${count} run(s) would be cancelled; say \`--yes\` to do it\n`);
    return 0;
  }
  const { data } = await readAnswer(path, cancellationAnswerSchema, post);
  process.stdout.write(`${count} run(s) are being cancelled: ${path.href}/${data.id} tells how far it is\n`);
  return 0;
}

/** ISO 8601 as the server reads it. */
function parseMoment(text: string): string {
  const ago = parseDuration(text);
  const time = ago.ok ? Date.now() - ago.value : Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError("Give a time such as `2026-01-31T12:00:00Z`, or `2h` ago.");
  return new Date(time).toISOString();
}
