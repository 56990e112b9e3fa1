/** What subscribers get, in the form in which the SDK reads it. */

/**
 * `data`: somebody published it. `run`, `step`: how a run goes on. The others are parts of a stream of text: its begin and
 * end have the stream's id as data. `closing`: the last message before the server or the hub ends the subscription.
 */
export type MessageKind = "data" | "run" | "step" | "datastream-start" | "chunk" | "datastream-end" | "closing";

export interface Message {
  readonly kind: MessageKind;
  readonly channel: string;
  readonly topic: string;
  /** JSON text. */
  readonly data: string;
  readonly runId?: string | undefined;
  readonly functionId?: string | undefined;
  /** Of a chunk: the stream that it belongs to. */
  readonly streamId?: string | undefined;
}

/** Bytes of a message's JSON data: 512 KiB. */
export const maxMessageBytes = 512 * 1024;
/** Characters of the name of a channel or of a topic. */
export const maxNameLength = 512;

/** How the run goes on; on a channel with the id of the run. */
export const runTopic = "$run";
/** How its steps go on; on the same channel. */
export const stepTopic = "$step";
/** Bytes as they are: what an application forwards while it answers for a run. */
export const streamTopic = "$stream";

/** `now` in ms since 1970. */
export function writeMessage(message: Message, now: number): string {
  const { kind, channel, topic, data, runId, functionId, streamId } = message;
  const rest = JSON.stringify({
    kind,
    channel,
    topic,
    run_id: runId,
    fn_id: functionId,
    stream_id: streamId,
    created_at: new Date(now).toISOString(),
  });
  // The data is JSON already: it is neither read nor written again.
  return `${rest.slice(0, -1)},"data":${data}}`;
}
