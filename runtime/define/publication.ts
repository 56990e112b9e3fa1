import { describeIssues } from "./check-schema.js";
import type { TopicRef } from "./realtime-channel.js";

/** A message that is ready to leave: checked, and written. */
export interface Publication {
  readonly channel: string;
  readonly topic: string;
  /** JSON text. */
  readonly data: string;
}

export type PublicationFault = { readonly code: "invalid-message" | "message-too-large"; readonly detail: string };
export type Prepared = { readonly ok: true; readonly value: Publication } | ({ readonly ok: false } & PublicationFault);

/** 512 KiB of JSON. */
const maxBytes = 512 * 1024;
const maxNameLength = 512;

/** Checks the place, then the data against the topic's schema, then the size. */
export async function preparePublication(place: unknown, data: unknown): Promise<Prepared> {
  const { channel, topic, config } = (place ?? {}) as Partial<TopicRef>;
  if (!isName(channel) || !isName(topic)) {
    return fault(
      "invalid-message",
      "there is no topic to publish on: give `channel.topic`, or `{ channel, topic, data }`",
    );
  }
  const result = await config?.schema?.["~standard"].validate(data);
  if (result?.issues) return fault("invalid-message", `topic \`${topic}\`: ${describeIssues(result.issues)}`);
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (error) {
    return fault("invalid-message", `topic \`${topic}\`: ${error instanceof Error ? error.message : String(error)}`);
  }
  text ??= "null";
  // No character has more than three bytes for each UTF-16 unit: most messages need no second look.
  const bytes = text.length * 3 > maxBytes ? new TextEncoder().encode(text).length : 0;
  if (bytes > maxBytes) {
    return fault("message-too-large", `topic \`${topic}\`: ${bytes} bytes, the limit is ${maxBytes}`);
  }
  return { ok: true, value: { channel, topic, data: text } };
}

/** `(topic, data)`, or SDK v3's `({ channel, topic, data })`, whose channel may be an object with a name. */
export function readMessage(args: readonly unknown[]): { readonly place: unknown; readonly data: unknown } {
  const [first, data] = args;
  const isMessage = args.length < 2 && typeof first === "object" && first !== null && "data" in first;
  return isMessage ? { place: first, data: (first as { data: unknown }).data } : { place: first, data };
}

const fault = (code: PublicationFault["code"], detail: string): Prepared => ({ ok: false, code, detail });

const isName = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value.length <= maxNameLength;
