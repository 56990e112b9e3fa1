import type { DataOf, DeclarationOf, EventName } from "./event-map.js";
import type { ReceivedEvent } from "./event-payload.js";
import type { EventType } from "./event-type.js";
import type { StandardSchemaV1 } from "./standard-schema.js";
import type { Timeout, Wait } from "./time.js";
import type { NamedEvent } from "./triggers.js";

/** What may be waited for: a declared event's name (any where none is declared) or an event type. */
export type WaitName<Events> = EventName<Events> | EventType<string, any>;

/** `match` and `if` exclude each other. */
export type WaitForEventOptions<Events, N> = WaitByMatch<Events, N> | WaitByCondition<N>;

interface WaitBase<N> {
  event: N;
  /** How long, or until when. */
  timeout: Timeout;
  /**
   * How far back: events count, too, that were received so long before the wait, but not before the run was made. The first of them
   * that satisfies ends the wait at once. Default: none; at most 366 days.
   *
   * @example await step.waitForEvent("paid", { event: "order/paid", match: "data.orderId", timeout: "1d", lookback: "5m" });
   */
  lookback?: Wait;
  /** There where an event type was spread into the options. */
  schema?: StandardSchemaV1<any, any> | undefined;
}

interface WaitByMatch<Events, N> extends WaitBase<N> {
  /** A field that has to be equal in the run's event and in the awaited one, such as `data.orderId`. */
  match?: MatchPath<AwaitedData<Events, N>> | (string & {});
  if?: undefined;
}

interface WaitByCondition<N> extends WaitBase<N> {
  match?: undefined;
  /** CEL over `event`, the run's, and `async`, the awaited one. */
  if?: string;
}

/** `data.x` for each field, offered by the editor; deeper paths are accepted as strings. */
type MatchPath<Data> = 0 extends 1 & Data ? never : `data.${keyof Data & string}`;

type AwaitedData<Events, N> =
  N extends EventType<string, infer S> ? SchemaOutput<S> : DataOf<DeclarationOf<Events, N & string>>;

/** The event that ended the wait. */
export type AwaitedEvent<Events, N> =
  N extends EventType<infer Name, infer S>
    ? ReceivedEvent<Name, SchemaOutput<S>>
    : N extends string
      ? NamedEvent<Events, N>
      : never;

type SchemaOutput<S> = S extends StandardSchemaV1<infer D, any> ? D : any;
