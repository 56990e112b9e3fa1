import { Hub } from "./hub.js";
import { SubscriptionTokens } from "./subscription-tokens.js";

/** Messages for those who look on: who may, and who does. One for each engine. */
export interface Realtime {
  readonly hub: Hub;
  readonly tokens: SubscriptionTokens;
}

export function createRealtime(options: { readonly now: () => number; readonly keys: readonly string[] }): Realtime {
  return { hub: new Hub({ now: options.now }), tokens: new SubscriptionTokens(options.keys) };
}
