/** `stepwright/react`. */
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import type { Stepwright } from "../define/client.js";
import { getSubscriptionToken, type Realtime, subscribe, type TopicsOf } from "../define/realtime.js";
import { type FeedState, RealtimeFeed } from "./realtime-feed.js";

export type { UseRealtimeConnectionStatus, UseRealtimeRunStatus } from "./realtime-feed.js";

/** The part of a token that may go to a browser. */
export type ClientSubscriptionToken = Realtime.Subscribe.ClientToken;

type Channel = Realtime.ChannelInput;
type Names = readonly string[] | undefined;
type Token<C extends Channel> = ClientSubscriptionToken | Realtime.Subscribe.Token<C, string[]>;

export interface UseRealtimeOptions<C extends Channel = Channel, T extends Names = Names> {
  channel?: C;
  topics?: T;
  /** A token, or what fetches one (or its key) from your server; asked for at each connection. */
  token?: Token<C> | (() => Promise<string | Token<C>> | string | Token<C>);
  /** In place of a token: its key. Another key begins anew. */
  key?: string;
  /** Default true. */
  enabled?: boolean;
  /** Messages are shown together, at most so often, in ms; default 0: each at once. */
  bufferInterval?: number;
  /** Whether messages are checked against their schemas; default true. */
  validate?: boolean;
  /** Messages that `messages.all` keeps; null: all. Default 100. */
  historyLimit?: number | null;
  apiBaseUrl?: string;
  /** Default true: after 250 ms, then longer up to 5 s. */
  reconnect?: boolean;
  reconnectMinMs?: number;
  reconnectMaxMs?: number;
  /** Default true: nothing is read while the page is hidden. */
  pauseOnHidden?: boolean;
  /** Default true: the connection ends with the run. */
  autoCloseOnTerminal?: boolean;
}

type Configs<C> = Realtime.Channel.InferTopics<C>;
type MessageOf<C extends Channel, Topic> = C extends string
  ? Realtime.Message
  : Realtime.Message<Realtime.Channel.InferId<C> & string, Pick<Configs<C>, Topic & keyof Configs<C>>>;
type TopicOf<C extends Channel, T extends Names> = T extends readonly (infer Topic)[] ? Topic : keyof Configs<C>;

export interface UseRealtimeResult<C extends Channel = Channel, T extends Names = Names> extends Omit<
  FeedState,
  "messages"
> {
  readonly messages: {
    readonly byTopic: C extends string
      ? Record<string, Realtime.Message | undefined>
      : { [Topic in TopicOf<C, T> & string]?: MessageOf<C, Topic> };
    readonly all: readonly MessageOf<C, TopicOf<C, T>>[];
    readonly last: MessageOf<C, TopicOf<C, T>> | null;
    readonly delta: readonly MessageOf<C, TopicOf<C, T>>[];
  };
  /** Forgets what was read; the connection stays. */
  readonly reset: () => void;
}

/**
 * The messages of a channel's topics, for a component: connects while it is mounted, enabled and visible. Errors are in `error`.
 * @example const { messages } = useRealtime({ channel: orders(id), topics: ["status"], token: () => fetchToken(id) });
 */
export function useRealtime<const C extends Channel = Channel, const T extends Names = Names>(
  options: UseRealtimeOptions<C, T>,
): UseRealtimeResult<C, T> {
  const { enabled = true, pauseOnHidden = true } = options;
  // The latest functions and channels: new ones at each rendering are no reason to begin anew.
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });
  const identity = identityOf(options);
  // eslint-disable-next-line -- `identity` stands for what the feed is made of
  const feed = useMemo(() => makeFeed(options, () => latest.current), [identity]);
  const state = useSyncExternalStore(feed.listen, feed.state, feed.state);
  const visible = useVisible(pauseOnHidden);
  useEffect(() => {
    const reason = !enabled ? "disabled" : !visible ? "hidden" : null;
    if (reason !== null) return feed.stop(reason);
    feed.start();
    return () => feed.stop(null);
  }, [feed, enabled, visible]);
  // The messages are those of the topics; the types say which those are.
  return { ...state, reset: feed.reset } as unknown as UseRealtimeResult<C, T>;
}

/** For a browser: `{ key, apiBaseUrl }` of a token. @throws StepwrightError as `client.realtime.token` */
export async function getClientSubscriptionToken<const C extends Channel, const T extends TopicsOf<C>>(
  client: Stepwright.Like,
  options: { channel: C; topics: T },
): Promise<ClientSubscriptionToken> {
  const { key, apiBaseUrl } = await getSubscriptionToken(client, options);
  return { key: key!, ...(apiBaseUrl !== undefined && { apiBaseUrl }) };
}

function makeFeed(options: UseRealtimeOptions, latest: () => UseRealtimeOptions<any, any>): RealtimeFeed {
  return new RealtimeFeed({
    connect: () => connect(latest()),
    historyLimit: options.historyLimit === undefined ? 100 : options.historyLimit,
    bufferInterval: options.bufferInterval ?? 0,
    reconnect: options.reconnect ?? true,
    reconnectMinMs: options.reconnectMinMs ?? 250,
    reconnectMaxMs: options.reconnectMaxMs ?? 5_000,
    autoCloseOnTerminal: options.autoCloseOnTerminal ?? true,
  });
}

async function connect(options: UseRealtimeOptions): Promise<Realtime.Subscribe.StreamSubscription> {
  const { token, validate, apiBaseUrl } = options;
  const given = typeof token === "function" ? await token() : token;
  const found: Partial<Realtime.Subscribe.Token> = typeof given === "string" ? { key: given } : (given ?? {});
  const { channel, topics } = { channel: options.channel, topics: options.topics, ...found };
  if (channel === undefined || topics === undefined) {
    throw new TypeError("`useRealtime` needs `channel` and `topics`, or a token that has them");
  }
  const key = found.key ?? options.key;
  const from = apiBaseUrl ?? found.apiBaseUrl;
  return subscribe({
    channel,
    topics: [...topics],
    ...(key !== undefined && { key }),
    ...(from !== undefined && { apiBaseUrl: from }),
    ...(validate !== undefined && { validate }),
  }) as Promise<Realtime.Subscribe.StreamSubscription>;
}

/** What makes another subscription of it, as text. */
function identityOf({ channel, topics, token, ...rest }: UseRealtimeOptions): string {
  const nameOf = (each: Channel | undefined): unknown => (typeof each === "object" ? each.name : each);
  const own =
    typeof token === "function"
      ? "function"
      : token && { ...token, channel: "channel" in token && nameOf(token.channel) };
  const { enabled: _, pauseOnHidden: __, ...settings } = rest;
  return JSON.stringify([nameOf(channel), topics, own, settings]);
}

function useVisible(watches: boolean): boolean {
  const [visible, setVisible] = useState(isVisible);
  useEffect(() => {
    if (!watches || typeof document === "undefined") return;
    const look = (): void => setVisible(isVisible());
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [watches]);
  return !watches || visible;
}

const isVisible = (): boolean => typeof document === "undefined" || document.visibilityState !== "hidden";
