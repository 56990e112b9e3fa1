import { errorJson } from "../../engine/json.js";
import { describeError, type Retriable } from "./retriable.js";
import type { Outcome } from "./served-execution.js";

/** An answer before the headers that all answers have. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const json = { "content-type": "application/json" };

export function answerWith(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { ...json, ...headers }, body: JSON.stringify(body ?? null) };
}

/** The runtime's own mistakes, and ours: the call is tried again. */
export function answerInternal(error: unknown, status = 500): Answer {
  return answerWith(status, { type: "internal", ...describeError({ ...errorJson(error) }) });
}

/** What came of a call, as the runtime reads it. */
export function answerOutcome(outcome: Outcome): Answer {
  switch (outcome.kind) {
    case "returned":
      return answerWith(200, outcome.value);
    case "threw":
      return answerThrown(outcome.error, outcome.retriable);
    case "ops":
      return answerWith(206, outcome.ops, outcome.retriable === null ? {} : retryHeaders(outcome.retriable));
    case "step-not-found": {
      const found = outcome.found.map(({ hash, op }) => ({ id: hash, displayName: op.name ?? op.id }));
      const list = found.map(({ id, displayName }) => `\`${displayName}\` (${id})`).join(", ");
      const error = `the handler does not ask for the step ${outcome.id}${list && `; it asks for ${list}`}`;
      const body = { error, requestedStep: outcome.id, foundSteps: found, totalFoundSteps: found.length };
      return answerWith(500, body, retryHeaders(true));
    }
  }
}

function answerThrown(error: unknown, retriable: Retriable): Answer {
  return answerWith(retriable === false ? 400 : 500, describeError({ ...errorJson(error) }), retryHeaders(retriable));
}

function retryHeaders(retriable: Retriable): Readonly<Record<string, string>> {
  return {
    "x-inngest-no-retry": String(retriable === false),
    ...(typeof retriable === "string" && { "retry-after": retriable }),
  };
}
