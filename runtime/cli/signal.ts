/** `stepwright signal`. */
import { Command } from "commander";

import { signalAnswerSchema } from "../server/routes/signals.js";
import { runReportingFailures } from "./command-failure.js";
import { parseJson, readGiven } from "./json-option.js";
import { parseServerUrl, readAnswer } from "./read-answer.js";
import { makeUrlOption } from "./url-option.js";

export interface SignalOptions {
  readonly signal: string;
  /** JSON text. */
  readonly data: string;
  readonly url: string;
  readonly json: boolean;
}

export function makeSignalCommand(): Command {
  return new Command("signal")
    .description("Sends a signal to the run that waits for it and prints the run's id; fails where none waits.")
    .argument("<signal>", "its name, such as `approve-42`")
    .option("--data <json>", "its data; `@file` reads a file, `-` reads the standard input", "null")
    .addOption(makeUrlOption())
    .option("--json", "print the answer as JSON", false)
    .action(async (signal: string, flags: Omit<SignalOptions, "signal">) => {
      const code = await runReportingFailures(() => sendSignal({ ...flags, signal, data: readGiven(flags.data) }));
      if (code !== 0) process.exitCode = code;
    });
}

/** Gives the exit code. @throws CommandFailure */
export async function sendSignal({ signal, data, url, json }: SignalOptions): Promise<number> {
  const body = JSON.stringify({ signal, data: parseJson(data, '{"approved":true}') });
  const headers = { "content-type": "application/json" };
  const path = new URL("/v1/signals", parseServerUrl(url));
  const answer = await readAnswer(path, signalAnswerSchema, { method: "POST", headers, body });
  process.stdout.write(`${json ? JSON.stringify(answer) : answer.data.run_id}\n`);
  return 0;
}
