import type * as z from "zod";

import { authorized } from "../define/authorized.js";
import { errorAnswerSchema } from "../server/error-answer.js";
import { CommandFailure } from "./command-failure.js";
import { readSigningKeys } from "./runtime-options.js";

/**
 * Asks a running server and parses its answer. Shows it the signing key of the environment, where there is one.
 *
 * @throws CommandFailure; InvalidArgumentError where the environment has what is no key
 */
export async function readAnswer<T extends z.ZodType>(url: URL, schema: T, init?: RequestInit): Promise<z.output<T>> {
  const server = authorized({ signingKeys: readSigningKeys({}, process.env), fetch });
  let response: Response;
  let text: string;
  try {
    response = await server.fetch(url, init);
    text = await response.text();
  } catch (cause) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    const reason = inner instanceof Error ? ("code" in inner ? String(inner.code) : inner.message) : String(inner);
    throw new CommandFailure(
      `no server answers at ${url.origin} (${reason})`,
      "start one with `stepwright start` or `stepwright dev`, or name another with `--url`",
      { cause },
    );
  }
  const answer = parse(text);
  const refusal = errorAnswerSchema.safeParse(answer);
  if (refusal.success) {
    const { code, message, help } = refusal.data.error;
    throw new CommandFailure(message, help, { code });
  }
  const parsed = schema.safeParse(answer);
  if (response.ok && parsed.success) return parsed.data;
  throw new CommandFailure(
    `${url.origin} answered ${response.status} with something that is not known here`,
    "check that `--url` is a Stepwright server of this version",
  );
}

/** @throws CommandFailure */
export function parseServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new CommandFailure(`\`${text}\` is not a URL`, "give one such as `http://127.0.0.1:8288`");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
