import * as z from "zod";

import { NonRetriableError } from "../../define/errors.js";
import type { PostAnswer } from "./post.js";
import { remoteError, type RetryAdvice } from "./remote-error.js";

/** One operation that an application reports. What each opcode has in `opts` is read where the opcode is. */
export const remoteOpSchema = z.object({
  op: z.string(),
  id: z.string().max(512),
  name: z.string().nullish(),
  displayName: z.string().nullish(),
  data: z.unknown().optional(),
  error: z.unknown().optional(),
  opts: z.record(z.string(), z.unknown().optional()).nullish(),
  metadata: z.unknown().optional(),
  userland: z.object({ id: z.string().nullish(), index: z.number().int().nullish() }).nullish(),
});
export type RemoteOp = z.infer<typeof remoteOpSchema>;

const opsSchema = z.union([z.array(remoteOpSchema), remoteOpSchema.transform((op) => [op])]);

/** The handler has returned; or it has reported operations; or it, or the application, has failed. */
export type Answer =
  | { readonly kind: "returned"; readonly value: unknown }
  | { readonly kind: "ops"; readonly ops: readonly RemoteOp[]; readonly advice: RetryAdvice }
  /** `unserved`: it was not the application's SDK that answered. */
  | { readonly kind: "failed"; readonly error: Error; readonly unserved: boolean };

/** A streamed answer: its real status and headers come with its body, which has blanks before it. */
const streamedSchema = z.object({
  status: z.number().int(),
  headers: z.record(z.string(), z.string()).nullish(),
  body: z.unknown().optional(),
});

/** So much of an answer that nobody understands stands in the error. */
const quotedCharacters = 300;

/** Whether the text is not of the application, whose signature would be the header. */
export type ForgeryCheck = (header: string | null, text: string) => boolean;

/** What an answer means, whatever it is: never throws. `where` names the application in messages. */
export function readAnswer(answer: PostAnswer, where: string, isForged: ForgeryCheck): Answer {
  const advice = {
    noRetry: header(answer, "x-inngest-no-retry") === "true",
    retryAfter: header(answer, "retry-after"),
  };
  const { status } = answer;
  const fromSdk = header(answer, "x-inngest-sdk") !== null || header(answer, "x-inngest-req-version") !== null;
  if (status === 201 && fromSdk) return readStreamed(answer, where, isForged);
  if (status === 401 && (fromSdk || header(answer, "x-inngest-sdk-handled") !== null)) {
    const help = "give the runtime and the application the same signing key, and set both clocks";
    return failed(new Error(`${where} does not accept the signature of this runtime (signature-refused; ${help})`));
  }
  if (!fromSdk) return { kind: "failed", error: notServed(answer, where, advice), unserved: true };
  if (isForged(header(answer, "x-inngest-signature"), answer.body)) {
    const error = new Error(`the signature does not fit what ${where} answered (answer-signature-invalid)`);
    return { kind: "failed", error, unserved: true };
  }
  const parsed = parse(answer.body);
  if (status === 206) {
    const ops = parsed.ok ? opsSchema.safeParse(parsed.value) : null;
    if (ops?.success) return { kind: "ops", ops: ops.data, advice };
    return failed(new Error(`${where} answered 206 with what are no operations: ${quote(answer.body)}`));
  }
  if (status >= 200 && status < 300) {
    if (parsed.ok) return { kind: "returned", value: parsed.value };
    return failed(new Error(`${where} answered ${status} with what is no JSON: ${quote(answer.body)}`));
  }
  return failed(remoteError(parsed.ok ? parsed.value : quote(answer.body), advice));
}

const failed = (error: Error): Answer => ({ kind: "failed", error, unserved: false });

function readStreamed(answer: PostAnswer, where: string, isForged: ForgeryCheck): Answer {
  const parsed = parse(answer.body);
  const streamed = parsed.ok ? streamedSchema.safeParse(parsed.value) : null;
  if (!streamed?.success) {
    return failed(new Error(`${where} broke off its streamed answer: ${quote(answer.body)}`));
  }
  const { status, headers, body } = streamed.data;
  const own = Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const text = typeof body === "string" ? body : (JSON.stringify(body) ?? "");
  // One that streams in a stream would go round in circles.
  return readAnswer(
    { status: status === 201 ? 200 : status, headers: { ...answer.headers, ...own }, body: text },
    where,
    isForged,
  );
}

/** A proxy's error page, another program, a redirect: 4xx is tried again, too, since a deployment may be under way. */
function notServed(answer: PostAnswer, where: string, { noRetry, retryAfter }: RetryAdvice): Error {
  const { status } = answer;
  const to = header(answer, "location");
  if (status >= 300 && status < 400 && to !== null) {
    const said = `${where} answered ${status} and points to ${to.slice(0, 200)}`;
    return new NonRetriableError(`${said}: let the application register the URL that it is served at`);
  }
  const said = `${where} answered ${status}, and not by an SDK: ${quote(answer.body)}`;
  return remoteError({ message: said }, { noRetry, retryAfter });
}

function parse(text: string): { readonly ok: true; readonly value: unknown } | { readonly ok: false } {
  if (text.trim() === "") return { ok: true, value: null };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false };
  }
}

function header({ headers }: PostAnswer, name: string): string | null {
  const value = headers[name];
  return typeof value === "string" && value !== "" ? value : null;
}

/** The text of a page, without its markup. */
function quote(body: string): string {
  const plain = body
    .slice(0, 20 * quotedCharacters)
    .replace(/<(script|style)[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  if (plain === "") return "(no body)";
  return plain.length > quotedCharacters ? `${plain.slice(0, quotedCharacters)}…` : plain;
}
