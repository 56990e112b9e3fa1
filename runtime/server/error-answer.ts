import type { FastifyError } from "fastify";
import * as z from "zod";

import { RuntimeError } from "../engine/engine.js";
import { RealtimeError } from "../realtime/realtime-error.js";
import { CursorError, StoreError } from "../store/store.js";
import { RequestError } from "./request-error.js";

/** The body of every answer that is not a success. */
export const errorAnswerSchema = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string(), help: z.string() }),
  /** The same as the HTTP status. */
  status: z.number().int(),
});
export type ErrorAnswer = z.infer<typeof errorAnswerSchema>;

/** Codes of the engine that are the sender's fault; the others are ours and answer 500. */
const statusOfEngineCode: Readonly<Record<string, number>> = {
  "invalid-event": 400,
  "invalid-signal": 400,
  "invalid-metadata": 400,
  "metadata-too-large": 413,
  "event-too-large": 413,
  "too-many-events": 413,
  "schema-mismatch": 422,
  "unknown-run": 404,
  "unknown-function": 404,
  "run-ended": 409,
  "run-exists": 409,
  "invalid-expression": 400,
  "invalid-range": 400,
  // for the sender to try again, at the process that follows
  stopping: 503,
};

const statusOfRealtimeCode: Readonly<Record<RealtimeError["code"], number>> = {
  "invalid-channel": 400,
  "invalid-topics": 400,
  "message-too-large": 413,
  "too-many-subscribers": 503,
  "invalid-token": 401,
};

/** Refusals that fastify makes before a route is reached. */
const answersOfFastify: Readonly<Record<string, (error: FastifyError) => ErrorAnswer>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (error) =>
    makeAnswer(413, "body-too-large", lowerFirst(error.message), "send the events in several requests"),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    makeAnswer(
      415,
      "unsupported-content-type",
      "the body's content type is not known here",
      "send JSON with `content-type: application/json`, or one event a line with `application/x-ndjson`",
    ),
};

/**
 * Turns whatever a route has thrown into an answer. What is not meant for the sender (a bug of ours, a driver's error) becomes
 * `internal-error` without its message or stack.
 */
export function answerError(error: unknown): ErrorAnswer {
  if (error instanceof RequestError) return makeAnswer(error.status, error.code, error.message, error.help);
  if (error instanceof RuntimeError) {
    return makeAnswer(statusOfEngineCode[error.code] ?? 500, error.code, error.message, error.help);
  }
  if (error instanceof RealtimeError) {
    return makeAnswer(statusOfRealtimeCode[error.code], error.code, error.message, error.help);
  }
  if (error instanceof CursorError) return makeAnswer(400, error.code, error.message, error.help);
  if (error instanceof StoreError) return makeAnswer(503, error.code, error.message, error.help);
  if (isFastifyError(error)) {
    const known = answersOfFastify[error.code];
    if (known) return known(error);
    const status = error.statusCode;
    if (status !== undefined && status >= 400 && status < 500) {
      return makeAnswer(status, "bad-request", lowerFirst(error.message), "correct the request");
    }
  }
  return makeAnswer(500, "internal-error", "the server failed to answer", "its log has the cause; try again");
}

export function makeAnswer(status: number, code: string, message: string, help: string): ErrorAnswer {
  return { error: { code, message, help }, status };
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && "code" in error && typeof error.code === "string" && error.code.startsWith("FST_");
}

const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
