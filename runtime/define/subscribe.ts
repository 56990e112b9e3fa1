import { ambient } from "./ambient.js";
import { authorized } from "./authorized.js";
import type { Endpoint } from "./endpoint.js";
import { StepwrightError } from "./errors.js";
import { postWithRetries } from "./post.js";
import { connect } from "./realtime-connection.js";
import type { TopicsConfig } from "./realtime-channel.js";
import { Subscription } from "./realtime-subscription.js";

type Channel = string | { readonly name: string; readonly topics?: TopicsConfig };

interface Topics {
  readonly channel: Channel;
  readonly topics: readonly string[];
}

interface SubscribeOptions extends Topics {
  /** Allows it; where there is none, one is asked for. */
  readonly key?: string | undefined;
  readonly validate?: boolean | undefined;
  readonly onMessage?: ((message: any) => unknown) | undefined;
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Resolves when what is published from then on arrives. In the runtime's own process it needs neither a connection nor a token.
 * @throws StepwrightError `invalid-message`, `subscribe-failed`, `send-failed`, `send-refused`
 */
export async function subscribeTo(options: SubscribeOptions, endpoint: Endpoint): Promise<unknown> {
  const { channel: given, topics, validate, onMessage } = options;
  const channel = readChannel(options);
  const onError = options.onError ?? ((error: unknown) => console.error("realtime subscription:", error));
  const configs = typeof given === "string" || validate === false ? {} : (given.topics ?? {});
  const subscription = new Subscription({ channel, topics, configs, onError });
  if (ambient.subscribe && options.key === undefined) {
    subscription.disconnect = ambient.subscribe(namesOf(channel, topics), subscription);
  } else {
    const key = options.key ?? (await requestToken(options, endpoint));
    subscription.disconnect = await connect(key, endpoint, subscription);
  }
  const close = (): void => subscription.close();
  const both = { close, unsubscribe: close };
  if (onMessage) {
    subscription.call(onMessage, onError);
    return both;
  }
  return Object.assign(subscription.createStream(), both, {
    getJsonStream: () => subscription.createStream(),
    getEncodedStream: () =>
      subscription.createStream((message) => encoder.encode(`data: ${JSON.stringify(message)}\n\n`)),
  });
}

const encoder = new TextEncoder();

/** @throws StepwrightError `invalid-message`, `send-failed`, `send-refused` */
export async function requestToken(wanted: Topics, endpoint: Endpoint): Promise<string> {
  const topics = namesOf(readChannel(wanted), wanted.topics);
  if (ambient.subscriptionToken) return ambient.subscriptionToken(topics);
  const body = JSON.stringify(topics.map((topic) => ({ ...topic, kind: "run" })));
  const answer = await postWithRetries(
    `${endpoint.apiUrl}/v1/realtime/token`,
    body,
    authorized(endpoint),
    endpoint.env,
  );
  const jwt = (answer as { jwt?: unknown } | null)?.jwt;
  if (typeof jwt === "string") return jwt;
  throw new StepwrightError("subscribe-failed", "the server's answer has no token");
}

function readChannel({ channel, topics }: Topics): string {
  const name: unknown = typeof channel === "string" ? channel : channel?.name;
  if (typeof name === "string" && name !== "" && Array.isArray(topics) && topics.length > 0) return name;
  throw new StepwrightError("invalid-message", "there is no channel, or no topic of it");
}

const namesOf = (channel: string, topics: readonly string[]) => topics.map((name) => ({ channel, name }));
