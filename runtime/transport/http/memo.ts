import type { RecordedResponse } from "../request-op.js";
import { toWireText } from "../rich-data.js";
import type { RecordedStep } from "../transport.js";
import { hashOfKey } from "../../protocol/step-hash.js";

/** A step's result as the next request has it: `hash` names the step, `text` is JSON. */
export interface Memo {
  readonly hash: string;
  readonly text: string;
}

/** Makes the memo of a settled step of JSON text, which is not parsed again. */
export function memoOf({ key, kind, status, output }: RecordedStep): Memo {
  const hash = hashOfKey(key);
  if (status === "failed") return { hash, text: `{"error":${output}}` };
  return { hash, text: `{"data":${kind === "fetch" ? answerText(output) : toWireText(output)}}` };
}

/** What `step.fetch` of the SDK reads. A body that is no text is given as base64. */
function answerText(output: string): string {
  // Written by the runtime.
  const { status, headers, body } = JSON.parse(output) as RecordedResponse;
  return JSON.stringify({ status_code: status, headers: Object.fromEntries(headers), body: body ?? "" });
}
