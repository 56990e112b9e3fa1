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
    return {
      channel: wanted.channel,
      topics: wanted.topics,
      key: await requestToken(wanted, to),
      apiBaseUrl: to.apiUrl,
    };
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

/** Of any client, also of another copy of the package. */
export function endpointOfClient(client: Stepwright.Like): Endpoint {
  return (client as unknown as { readonly [endpointOf]: () => Endpoint })[endpointOf]();
}
