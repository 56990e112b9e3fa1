import type { Stepwright } from "./client.js";
import type { Endpoint } from "./endpoint.js";
import { publishMessage } from "./publish.js";
import type { ClientRealtime } from "./realtime.js";
import { requestToken, subscribeTo } from "./subscribe.js";

/** Under it each client says where its runtime is. */
export const endpointOf = Symbol.for("stepwright.endpoint");

/** The methods of `client.realtime`. */
export function makeRealtime(endpoint: () => Endpoint): ClientRealtime {
  type Wanted = Parameters<typeof subscribeTo>[0];
  const token = async (wanted: Wanted) => {
    const to = endpoint();
    const { channel, topics } = wanted;
    const made = { channel, topics, key: await requestToken(wanted, to), apiBaseUrl: to.apiUrl };
    // On its way to a browser, a channel is its name: schemas are no JSON.
    const toJSON = () => ({ ...made, channel: typeof channel === "string" ? channel : channel.name });
    return Object.defineProperty(made, "toJSON", { value: toJSON });
  };
  const realtime = {
    publish: (...args: unknown[]) => publishMessage(args, endpoint()),
    subscribe: (options: Wanted) => subscribeTo({ ...options, key: undefined }, endpoint()),
    token,
    getSubscriptionToken: token,
  };
  // The overloads follow the channel; at run time they are all the same.
  return realtime as unknown as ClientRealtime;
}

/** What `@inngest/realtime`, the package beside SDK v3, asks of a client. */
export interface RealtimeApi {
  publish(
    place: { channel: string; topics: string[]; runId?: string },
    data: unknown,
  ): Promise<{ ok: true; value: undefined } | { ok: false; error: { error: string; status: number } }>;
  getSubscriptionToken(channel: string, topics: string[]): Promise<string>;
}

export function makeRealtimeApi(endpoint: () => Endpoint): RealtimeApi {
  return {
    async publish({ channel, topics }, data) {
      try {
        for (const topic of topics) await publishMessage([{ channel, topic }, data], endpoint());
        return { ok: true, value: undefined };
      } catch (error) {
        return { ok: false, error: { error: error instanceof Error ? error.message : String(error), status: 500 } };
      }
    },
    getSubscriptionToken: (channel, topics) => requestToken({ channel, topics }, endpoint()),
  };
}

/** Of any client, also of another copy of the package. */
export function endpointOfClient(client: Stepwright.Like): Endpoint {
  return (client as unknown as { readonly [endpointOf]: () => Endpoint })[endpointOf]();
}
