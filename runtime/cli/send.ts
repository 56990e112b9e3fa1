/** `stepwright send`. */
import { Command } from "commander";

import { ingestAnswerSchema } from "../server/ingest-answer.js";
import { CommandFailure, runReportingFailures } from "./command-failure.js";
import { parseJson, readGiven } from "./json-option.js";
import { parseServerUrl, readAnswer } from "./read-answer.js";
import { makeUrlOption } from "./url-option.js";

export interface SendOptions {
  readonly event: string;
  /** JSON text of an object. */
  readonly data: string;
  readonly id?: string;
  /** Milliseconds since 1970, or a date. */
  readonly ts?: string;
  readonly url: string;
  readonly eventKey: string;
  readonly json: boolean;
}

export function makeSendCommand(): Command {
  return new Command("send")
    .description("Sends an event to a running server and prints its id.")
    .argument("<event>", "its name, such as `order/placed`")
    .option("--data <json>", "its data; `@file` reads a file, `-` reads the standard input", "{}")
    .option("--id <id>", "an event with the same id starts a function once only")
    .option("--ts <time>", "milliseconds since 1970, or a date; in the future: runs start then")
    .addOption(makeUrlOption())
    .option("--event-key <key>", "the key, where the server asks for one", "local")
    .option("--json", "print the answer as JSON", false)
    .action(async (event: string, flags: Omit<SendOptions, "event">) => {
      const code = await runReportingFailures(() => send({ ...flags, event, data: readGiven(flags.data) }));
      if (code !== 0) process.exitCode = code;
    });
}

/** Gives the exit code. @throws CommandFailure */
export async function send(options: SendOptions): Promise<number> {
  const body = JSON.stringify({
    name: options.event,
    data: parseJson(options.data, '{"orderId":"o1"}'),
    ...(options.id === undefined ? {} : { id: options.id }),
    ...(options.ts === undefined ? {} : { ts: parseTimestamp(options.ts) }),
  });
  const url = new URL(`/e/${encodeURIComponent(options.eventKey)}`, parseServerUrl(options.url));
  const headers = { "content-type": "application/json" };
  const answer = await readAnswer(url, ingestAnswerSchema, { method: "POST", headers, body });
  process.stdout.write(options.json ? `${JSON.stringify(answer)}\n` : answer.ids.map((id) => `${id}\n`).join(""));
  return 0;
}

function parseTimestamp(text: string): number {
  const ts = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(ts)) return ts;
  throw new CommandFailure(
    `\`${text}\` is not a time`,
    "give milliseconds since 1970, or a date such as 2030-01-31T09:00Z",
  );
}
