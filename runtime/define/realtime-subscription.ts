import { StepwrightError } from "./errors.js";
import { describeIssues } from "./check-schema.js";
import type { Listener } from "./realtime-connection.js";
import type { TopicsConfig } from "./realtime-channel.js";
import type { StandardSchemaV1 } from "./standard-schema.js";

export interface SubscriptionOptions {
  /** Its name. */
  readonly channel: string;
  readonly topics: readonly string[];
  /** Of the topics; empty where messages are not checked. */
  readonly configs: TopicsConfig;
  /** Told of what cannot be passed on. */
  readonly onError: (error: unknown) => void;
}

/** A message as readers get it. */
interface Received {
  readonly kind: string;
  readonly channel: string | undefined;
  readonly topic: string | undefined;
  data: unknown;
  readonly [field: string]: unknown;
}

interface Reader {
  give(message: Received, size: number): void;
  end(error: Error | null): void;
}

/** Characters of JSON that a reader may be behind. */
const maxBacklog = 4 * 1024 * 1024;

/** One connection's messages for any number of readers: each gets those that come after it. */
export class Subscription implements Listener {
  readonly #readers = new Set<Reader>();
  /** Parts of texts that come as streams. */
  readonly #chunks = new Map<string, { readonly stream: ReadableStream; readonly reader: Reader }>();
  /** Schemas may take their time; the order stays. */
  #last: Promise<void> = Promise.resolve();
  #end: { readonly error: Error | null } | null = null;
  disconnect: () => void = () => {};

  constructor(readonly options: SubscriptionOptions) {}

  /** A stream of the messages from now on. Who lets more than 4 Mi characters wait gets an error (`slow-subscriber`). */
  createStream<T = Received>(transform?: (message: Received) => T): ReadableStream<T> {
    let size = 0;
    let leave = (): void => {};
    return new ReadableStream<T>(
      {
        start: (controller) => {
          leave = this.#add({
            give(message, length) {
              if ((controller.desiredSize ?? 0) <= 0) {
                leave();
                return controller.error(new StepwrightError("slow-subscriber"));
              }
              size = length;
              controller.enqueue(transform ? transform(message) : (message as T));
            },
            end: (error) => (error ? controller.error(error) : controller.close()),
          });
        },
        cancel: () => {
          leave();
          // Nobody is left who could read: the connection would last for nothing.
          if (this.#readers.size === 0) this.close();
        },
      },
      { highWaterMark: maxBacklog, size: () => size },
    );
  }

  /** Calls it with each message, one after the other. */
  call(callback: (message: any) => unknown, onError: (error: unknown) => void): void {
    const reader = this.createStream().getReader();
    void (async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        try {
          await callback(value);
        } catch (error) {
          onError(error);
        }
      }
    })().catch(onError);
  }

  close(): void {
    this.disconnect();
    this.ended(null);
  }

  message(text: string): void {
    const { kind, channel, topic, data, run_id: runId, fn_id: fnId, env_id: envId, ...rest } = parse(text);
    const message = { kind: String(kind), channel: textOf(channel), topic: textOf(topic), data };
    const about = { runId, fnId, envId };
    const { created_at: createdAt, stream_id: streamId } = rest;
    this.#last = this.#last
      .then(() => this.#take({ ...message, ...about }, text.length, textOf(createdAt), textOf(streamId)))
      .catch((error: unknown) => this.options.onError(error));
  }

  ended(error: Error | null): void {
    this.#last = this.#last.then(() => this.#finish(error));
  }

  async #take(message: Received, size: number, createdAt?: string, streamId?: string): Promise<void> {
    if (this.#end) return;
    const { kind, channel, topic } = message;
    if (kind === "closing") {
      const slow = (message.data as { reason?: unknown } | null)?.reason === "slow-subscriber";
      return this.#finish(slow ? new StepwrightError("slow-subscriber") : null);
    }
    if (channel !== this.options.channel || topic === undefined || !this.options.topics.includes(topic)) return;
    switch (kind) {
      case "data":
        await this.#check(topic, message);
        return this.#give({ ...message, createdAt: dateOf(createdAt) }, size);
      case "run":
      case "step":
        return this.#give({ ...message, createdAt: dateOf(createdAt) }, size);
      case "datastream-start":
        return this.#give(this.#openStream(message), size);
      case "chunk":
      case "datastream-end":
        return this.#continueStream(message, streamId ?? String(message.data), size);
    }
  }

  async #check(topic: string, message: Received): Promise<void> {
    const { configs } = this.options;
    const schema: Partial<StandardSchemaV1> | undefined = Object.hasOwn(configs, topic)
      ? configs[topic]?.schema
      : undefined;
    // What is left of a schema that came as JSON checks nothing.
    const result = await schema?.["~standard"]?.validate?.(message.data);
    if (result?.issues) {
      throw new StepwrightError("invalid-message", `topic \`${topic}\`: ${describeIssues(result.issues)}`);
    }
    if (result) message.data = result.value;
  }

  #openStream(message: Received): Received {
    const streamId = String(message.data);
    const subscription = new Subscription(this.options);
    const stream = subscription.createStream(({ data }) => data);
    this.#chunks.set(streamId, {
      stream,
      reader: { give: (...part) => subscription.#give(...part), end: (error) => subscription.#finish(error) },
    });
    return { ...message, streamId, stream };
  }

  #continueStream(message: Received, streamId: string, size: number): void {
    // Who comes in the middle of a stream gets nothing of it.
    const open = this.#chunks.get(streamId);
    if (!open) return;
    if (message.kind === "chunk") open.reader.give(message, size);
    else {
      open.reader.end(null);
      this.#chunks.delete(streamId);
    }
    this.#give({ ...message, streamId, stream: open.stream }, size);
  }

  #add(reader: Reader): () => void {
    if (this.#end) reader.end(this.#end.error);
    else this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  #give(message: Received, size: number): void {
    for (const reader of [...this.#readers]) reader.give(message, size);
  }

  #finish(error: Error | null): void {
    if (this.#end) return;
    this.#end = { error };
    for (const { reader } of this.#chunks.values()) reader.end(error);
    this.#chunks.clear();
    for (const reader of this.#readers) reader.end(error);
    this.#readers.clear();
  }
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // Bytes that an application passes on: no message.
    return {};
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const dateOf = (text: string | undefined): Date => (text === undefined ? new Date() : new Date(text));
