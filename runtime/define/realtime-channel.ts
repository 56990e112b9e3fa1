import type { StandardSchemaV1 } from "./standard-schema.js";

/** What the messages of a topic are; `staticSchema<T>()` where the type alone is to count. */
export interface TopicConfig {
  schema: StandardSchemaV1<any, any>;
}

export type TopicsConfig = Record<string, TopicConfig>;

/** The data of a topic's messages, as they are published. */
export type TopicData<T> = T extends { schema: infer S extends StandardSchemaV1<any, any> }
  ? StandardSchemaV1.InferInput<S>
  : unknown;

/** A topic of a channel: where to publish. */
export interface TopicRef<Data = unknown> {
  channel: string;
  topic: string;
  config: TopicConfig;
  /** Only for inference. */
  readonly "~data"?: Data;
}

/** A channel with its name: each topic is a property. */
export type ChannelInstance<Name extends string = string, Topics extends TopicsConfig = {}> = {
  name: Name;
  topics: Topics;
} & { [K in keyof Topics & string]: TopicRef<TopicData<Topics[K]>> };

/** A channel whose name depends on something: called with that, it gives the channel. */
export type ChannelDef<
  NameOf extends (...args: any[]) => string = (...args: any[]) => string,
  Topics extends TopicsConfig = TopicsConfig,
> = ((...args: Parameters<NameOf>) => ChannelInstance<ReturnType<NameOf>, Topics>) & {
  topics: Topics;
  /** Only for inference: what the channel is called with. */
  $params: Parameters<NameOf>[0];
};

interface Inferred<Topics extends TopicsConfig> {
  /** Only for inference: the data of each topic. */
  $infer: { [K in keyof Topics]: TopicData<Topics[K]> };
}

type Declared<Name, Topics extends TopicsConfig> = Name extends string
  ? ChannelInstance<Name, Topics> & Inferred<Topics>
  : Name extends (...args: infer Args) => string
    ? ChannelDef<(...args: Args) => string, Topics> & Inferred<Topics>
    : never;

/**
 * Declares a channel of messages: its name, or how the name is made, and its topics with their schemas. Inert.
 * @example const orders = channel({ name: (id: string) => `order:${id}`, topics: { status: { schema } } });
 */
export function channel<
  const Name extends string | ((...args: never[]) => string),
  const Topics extends TopicsConfig,
>(options: { name: Name; topics: Topics }): Declared<Name, Topics>;
export function channel({ name, topics }: { name: string | ((...args: unknown[]) => string); topics: TopicsConfig }) {
  // for a channel by parameters, too: a reader of `typeof orders.$infer` may evaluate it
  if (typeof name === "string") return { ...openChannel(name, topics), $infer: topics };
  const open = (...args: unknown[]) => openChannel(name(...args), topics);
  return Object.assign(open, { topics, $infer: topics, $params: undefined });
}

function openChannel(name: string, topics: TopicsConfig): { name: string; topics: TopicsConfig } {
  const refs = Object.entries(topics).map(([topic, config]) => [topic, { channel: name, topic, config }] as const);
  // `fromEntries` defines, so that a topic called `__proto__` is one like the others
  return { name, topics, ...Object.fromEntries<TopicRef>(refs) };
}
