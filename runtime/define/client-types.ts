import type { HandlerContext, Stepwright } from "./client.js";
import type { ClientOptions, EventsFromOpts } from "./client-options.js";
import type { AnyEvents } from "./event-map.js";
import type { OutgoingEventOf } from "./event-payload.js";
import type { InternalEvents } from "./internal-events.js";
import type { InvokeResult, InvokeTarget, ResultOf } from "./invoke-types.js";

/** The options of a client. @example type Options = ClientOptionsFromInngest<typeof client> */
export type ClientOptionsFromInngest<C extends Stepwright.Any> = C extends Stepwright<infer O> ? O : ClientOptions;

type NamesOf<Events> = string extends keyof Events ? string : keyof Events & string;
type EventsOfClient<C extends Stepwright.Any> = EventsFromOpts<ClientOptionsFromInngest<C>>;

/** The events of a client by name, as they are sent. @example type Events = GetEvents<typeof client> */
export type GetEvents<C extends Stepwright.Any, WithInternal extends boolean = false> = EventRecord<EventsOfClient<C>> &
  (WithInternal extends true ? InternalEvents : {});

type EventRecord<Events> = string extends keyof Events
  ? AnyEvents
  : { [N in keyof Events & string]: OutgoingEventOf<Pick<Events, N>> };

/** What a handler with these triggers gets. */
export type GetFunctionInput<
  C extends Stepwright.Any,
  N extends NamesOf<EventsOfClient<C>> = NamesOf<EventsOfClient<C>>,
> = HandlerContext<ClientOptionsFromInngest<C>, N extends string ? { event: N } : never, []>;

/** The steps of a client's functions. @example type Steps = GetStepTools<typeof client> */
export type GetStepTools<C extends Stepwright.Any, N extends NamesOf<EventsOfClient<C>> = NamesOf<EventsOfClient<C>>> =
  GetFunctionInput<C, N> extends { step: infer S } ? S : never;

/** What `step.invoke` gives for a function. */
export type GetFunctionOutput<F extends InvokeTarget> = InvokeResult<F>;

/** What the function's handler returns, before it becomes JSON. */
export type GetFunctionOutputRaw<F extends InvokeTarget> = ResultOf<F>;
