/** `stepwright/realtime`: channels with typed topics, and what their subscribers get. */
import type { Stepwright } from "./client.js";
import {
  channel,
  type ChannelDef as Definition,
  type ChannelInstance as Instance,
  type TopicConfig as Config,
  type TopicData,
  type TopicRef as Ref,
  type TopicsConfig as Configs,
} from "./realtime-channel.js";
import { readEnvironment, resolveEndpoint } from "./endpoint.js";
import { endpointOfClient, makeRealtime } from "./client-realtime.js";
import { subscribeTo } from "./subscribe.js";
import type { StepOptionsOrId } from "./step-options.js";
import type { MaybePromise } from "./sdk-names.js";

export { channel };
export { staticSchema } from "./event-type.js";

/** `realtime.channel` under the name that applications import from the package itself. */
export const realtime = { channel } as const;

type TopicNames<C> = Extract<keyof Realtime.Channel.InferTopics<C>, string>;

/** The topics that can be subscribed to: those that the channel declares, or any of a channel given by its name. */
export type TopicsOf<C> = [TopicNames<C>] extends [never]
  ? string[]
  : string extends TopicNames<C>
    ? string[]
    : TopicNames<C>[];

export declare namespace Realtime {
  export type ChannelInput = string | Instance;
  export type ChannelInstance<N extends string = string, T extends Configs = {}> = Instance<N, T>;
  export type ChannelDef<
    F extends (...args: any[]) => string = (...args: any[]) => string,
    T extends Configs = Configs,
  > = Definition<F, T>;
  export type TopicConfig = Config;
  export type TopicsConfig = Configs;
  export type TopicRef<Data = unknown> = Ref<Data>;
  export type InferTopicData<T extends Config> = TopicData<T>;

  /** Publishes at once, and again when the code is executed again. */
  export type TypedPublishFn = <Data>(topic: Ref<Data>, data: Data) => Promise<void>;

  export namespace Channel {
    export type InferId<C> =
      C extends Instance<infer N, any>
        ? N
        : C extends Definition<infer F, any>
          ? ReturnType<F>
          : C extends string
            ? C
            : string;
    export type InferTopics<C> = C extends { topics: infer T extends Configs } ? T : Record<string, unknown>;
  }

  /** What a subscriber gets: what is published on a topic, a part of a stream, or how the run goes on. */
  export type Message<Id extends string = string, Topics = Record<string, unknown>> =
    | { [K in keyof Topics]: Published<Id, K, Topics[K]> | Streamed<Id, K, Topics[K]> }[keyof Topics]
    | (About & { channel?: Id; topic?: string; data: unknown; createdAt: Date; envId?: string; kind: "run" });

  interface About {
    runId?: string;
    fnId?: string;
  }
  interface Published<Id, Topic, Of> extends About {
    topic: Topic;
    channel: Id;
    data: Subscribe.InferTopicSubscribeData<Of>;
    createdAt: Date;
    envId?: string;
    kind: "data";
  }
  interface Streamed<Id, Topic, Of> extends About {
    topic: Topic;
    channel: Id;
    data: Subscribe.InferTopicSubscribeData<Of>;
    kind: "datastream-start" | "datastream-end" | "chunk";
    streamId: string;
    stream: ReadableStream<Subscribe.InferTopicSubscribeData<Of>>;
  }

  export namespace Message {
    /** A message in the form of SDK v3. */
    export interface Input<Id extends string = string, TopicId extends string = string, Data = any> {
      channel: Id;
      topic: TopicId;
      data: Data;
    }
  }

  export namespace Subscribe {
    /** Allows to subscribe to topics of a channel, and says to which. */
    export interface Token<C extends ChannelInput = ChannelInput, T extends string[] = string[]> {
      key?: string | undefined;
      channel: C;
      topics: T;
      apiBaseUrl?: string;
    }
    /** The part of a token that a browser needs. */
    export interface ClientToken {
      key: string;
      apiBaseUrl?: string;
    }
    export type InferTopicSubscribeData<T> = T extends Config ? TopicData<T> : any;
    export type Callback<T extends Token = Token> = (message: Token.InferMessage<T>) => MaybePromise<void>;
    export interface CallbackSubscription {
      close(reason?: string): void;
      unsubscribe(reason?: string): void;
    }
    /** The messages, in order; also as a stream for another reader, or in the form of server-sent events. */
    export type StreamSubscription<T extends Token = Token> = ReadableStream<Token.InferMessage<T>> &
      CallbackSubscription & {
        getJsonStream(): ReadableStream<Token.InferMessage<T>>;
        getEncodedStream(): ReadableStream<Uint8Array>;
      };
    export namespace Token {
      export type InferChannel<T> = T extends Token<infer C, any> ? C : ChannelInput;
      export type InferTopicData<T, All = Channel.InferTopics<InferChannel<T>>> =
        T extends Token<any, infer Names> ? { [K in Names[number]]: K extends keyof All ? All[K] : unknown } : never;
      export type InferMessage<T> = Message<Channel.InferId<InferChannel<T>> & string, InferTopicData<T>>;
    }
  }
}

type Token<C extends Realtime.ChannelInput, T extends string[]> = Realtime.Subscribe.Token<C, T>;

interface SubscribeOptions<C, T> {
  channel: C;
  topics: T;
  /** Whether messages are checked against their schemas; true by default. */
  validate?: boolean;
}

interface SubscribeWithToken<C, T> extends SubscribeOptions<C, T> {
  app?: Stepwright.Like;
  key?: string;
  apiBaseUrl?: string;
}

interface Listener<C extends Realtime.ChannelInput, T extends string[]> {
  onMessage: Realtime.Subscribe.Callback<Token<C, T>>;
  onError?: (error: unknown) => void;
}

/** `client.realtime`: messages to those who look on at this moment, and from them. */
export interface ClientRealtime {
  /**
   * Publishes once for each call, whatever becomes of the run; of a call in a handler that is outside of steps, again at each replay.
   * @throws StepwrightError `invalid-message` where the data does not fit the topic's schema, `message-too-large` (512 KiB),
   * `send-failed`, `send-refused`
   * @example await client.realtime.publish(orders("o1").status, { text: "paid" });
   */
  publish: Realtime.TypedPublishFn & ((message: Realtime.Message.Input) => Promise<any>);
  /**
   * The messages from now on, in order: a stream to iterate over, or calls of `onMessage`. A reader that lets more than 4 Mi characters
   * wait is cut off (`slow-subscriber`).
   * @throws StepwrightError `invalid-message`, `subscribe-failed`, `send-failed`, `send-refused`
   * @example for await (const { topic, data } of await client.realtime.subscribe({ channel: orders("o1"), topics: ["status"] })) …
   */
  subscribe: {
    <const C extends Realtime.ChannelInput, const T extends TopicsOf<C>>(
      options: SubscribeOptions<C, T> & Listener<C, T>,
    ): Promise<Realtime.Subscribe.CallbackSubscription>;
    <const C extends Realtime.ChannelInput, const T extends TopicsOf<C>>(
      options: SubscribeOptions<C, T>,
    ): Promise<Realtime.Subscribe.StreamSubscription<Token<C, T>>>;
  };
  /** For a browser: limited to the channel and its topics, and to one minute to begin in. @throws StepwrightError as `subscribe` */
  token<const C extends Realtime.ChannelInput, const T extends TopicsOf<C>>(options: {
    channel: C;
    topics: T;
  }): Promise<Token<C, T>>;
  /** SDK v3's name of `token`. */
  getSubscriptionToken<const C extends Realtime.ChannelInput, const T extends TopicsOf<C>>(options: {
    channel: C;
    topics: T;
  }): Promise<Token<C, T>>;
}

/** `step.realtime`. */
export interface RealtimeTools {
  /**
   * Publishes once: not again when the handler is replayed or tried again. Gives the data.
   * @throws StepError, the step's, where the data does not fit the topic's schema (`invalid-message`) or has more than 512 KiB
   */
  publish: {
    <Data>(id: StepOptionsOrId, topic: Ref<Data>, data: Data): Promise<Data>;
    /** The form of SDK v3. */
    <const M extends Realtime.Message.Input>(id: StepOptionsOrId, message: M): Promise<M["data"]>;
  };
}

/**
 * Subscribes with a token, from wherever the runtime can be reached: a browser, another server.
 * @throws StepwrightError `invalid-message`, `subscribe-failed`; with an `app` and no `key` as `client.realtime.subscribe`
 * @example for await (const { data } of await subscribe(await (await fetch("/api/token")).json())) …
 */
export function subscribe<const C extends Realtime.ChannelInput, const T extends TopicsOf<C>>(
  token: SubscribeWithToken<C, T> & Listener<C, T>,
): Promise<Realtime.Subscribe.CallbackSubscription>;
export function subscribe<const C extends Realtime.ChannelInput, const T extends TopicsOf<C>>(
  token: SubscribeWithToken<C, T>,
  callback?: Realtime.Subscribe.Callback<Token<C, T>>,
): Promise<Realtime.Subscribe.StreamSubscription<Token<C, T>>>;
export async function subscribe(
  { app, apiBaseUrl, ...options }: SubscribeWithToken<Realtime.ChannelInput, string[]>,
  callback?: (message: any) => unknown,
): Promise<unknown> {
  const given = app ? endpointOfClient(app) : undefined;
  const endpoint = given ?? resolveEndpoint({ id: "subscriber" }, readEnvironment(), undefined);
  const subscribed = await subscribeTo(options, apiBaseUrl ? { ...endpoint, apiUrl: trimSlash(apiBaseUrl) } : endpoint);
  if (callback) listen(subscribed as Realtime.Subscribe.StreamSubscription, callback);
  return subscribed;
}

/** As `client.realtime.token`. @throws StepwrightError as it does */
export async function getSubscriptionToken<const C extends Realtime.ChannelInput, const T extends TopicsOf<C>>(
  client: Stepwright.Like,
  options: { channel: C; topics: T },
): Promise<Token<C, T>> {
  const realtime = makeRealtime(() => endpointOfClient(client));
  return realtime.token(options);
}

/** Beside the stream that the caller reads. */
function listen(subscription: Realtime.Subscribe.StreamSubscription, callback: (message: any) => unknown): void {
  void subscription
    .getJsonStream()
    .pipeTo(new WritableStream({ write: async (message) => void (await callback(message)) }))
    .catch((error: unknown) => console.error("realtime subscription:", error));
}

const trimSlash = (url: string): string => url.replace(/\/+$/, "");
