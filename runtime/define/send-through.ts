import type { EventPayload, SendEventBaseOutput } from "./event-payload.js";
import type { FunctionDefinition } from "./function-definition.js";
import type { SendEventHooks } from "./legacy-middleware.js";
import { isLegacy, registerLegacy } from "./legacy-registration.js";
import type { Middleware } from "./middleware.js";
import type { MiddlewareUse } from "./middleware-uses.js";

type Send = (events: readonly EventPayload[]) => Promise<SendEventBaseOutput>;

export interface Sender {
  readonly client: object;
  /** The function whose step sends; null for `client.send`. */
  readonly fn: FunctionDefinition | null;
}

/**
 * Takes events through the middleware's hooks for sending: transformations of the input in the order of the list, then
 * the wrappers and transformations of the output as an onion around `send`.
 */
export async function sendThrough(
  uses: readonly MiddlewareUse[],
  sender: Sender,
  events: readonly EventPayload[],
  send: Send,
): Promise<SendEventBaseOutput> {
  const layers: SendLayer[] = [];
  for (const use of uses) if (sends(use)) layers.push(await createLayer(use, sender));
  let payloads = [...events];
  for (const layer of layers) payloads = await transform(layer, payloads, sender.fn);
  let chain = (): Promise<SendEventBaseOutput> => send(payloads);
  for (const layer of layers.reverse()) chain = wrap(layer, payloads, sender.fn, chain);
  return chain();
}

/** As in the SDK, a step's events do not pass what its function lists in the form of v3. */
const sends = ({ middleware, fn }: MiddlewareUse): boolean => !fn || !isLegacy(middleware);

/** Begins an invocation: gives what SDK v3's middleware makes of the event that it is. */
export async function openInvocation(
  use: MiddlewareUse,
  client: object,
): Promise<(event: EventPayload) => Promise<EventPayload>> {
  const layer = await createLayer(use, { client, fn: null });
  return async (event) => {
    if (!layer.legacy) return event;
    const [changed] = await transform(layer, [event], null);
    return changed ?? event;
  };
}

type SendLayer =
  | { readonly legacy: null; readonly modern: Middleware.BaseMiddleware }
  | { readonly legacy: SendEventHooks; readonly modern: null };

async function createLayer({ middleware, fn }: MiddlewareUse, { client }: Sender): Promise<SendLayer> {
  if (isLegacy(middleware)) {
    const hooks = await (await registerLegacy(middleware, client, fn)).onSendEvent?.();
    return { legacy: hooks ?? {}, modern: null };
  }
  return { legacy: null, modern: createInstance(middleware as Middleware.Class, client) };
}

/** A new instance: its fields belong to one execution, or to one `send`. */
export function createInstance(middleware: Middleware.Class, client: object): Middleware.BaseMiddleware {
  return Reflect.construct(middleware, [{ client }]) as Middleware.BaseMiddleware;
}

async function transform(
  { legacy, modern }: SendLayer,
  events: EventPayload[],
  fn: FunctionDefinition | null,
): Promise<EventPayload[]> {
  if (legacy) return (await legacy.transformInput?.({ payloads: events }))?.payloads ?? events;
  const changed: Middleware.TransformSendEventArgs | undefined = await modern.transformSendEvent?.({ events, fn });
  return changed?.events ?? events;
}

function wrap(
  { legacy, modern }: SendLayer,
  events: readonly EventPayload[],
  fn: FunctionDefinition | null,
  next: () => Promise<SendEventBaseOutput>,
): () => Promise<SendEventBaseOutput> {
  if (modern) return modern.wrapSendEvent ? async () => modern.wrapSendEvent!({ next, events, fn }) : next;
  if (!legacy.transformOutput) return next;
  return async () => {
    const result = await next();
    const changed = await legacy.transformOutput!({ result });
    return { ...result, ...changed?.result };
  };
}
