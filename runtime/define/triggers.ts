import type { EventName } from "./event-map.js";
import type { DeclaredEvent, ReceivedEvent } from "./event-payload.js";
import type { EventType, SchemaData } from "./event-type.js";
import type { InternalEvents, InvokedName, TimerName } from "./internal-events.js";
import type { StandardSchemaV1 } from "./standard-schema.js";

/** Names that a trigger may have: declared events, the runtime's own, and wildcards with a trailing `*`. */
export type TriggerName<Events> =
  string extends EventName<Events>
    ? string
    : EventName<Events> | keyof InternalEvents | "*" | `${string}/*` | `${string}.*`;

/** An event, by name or by `eventType`, and a condition (CEL over `event`). */
export interface EventTrigger<Name extends string = string> {
  readonly event: Name | EventType<string, any>;
  readonly if?: string | undefined;
  /** There where an event type was spread into the trigger. */
  readonly schema?: StandardSchemaV1<any, any> | undefined;
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly cron?: undefined;
}

/** A schedule: five fields, optionally after `TZ=Area/City `. */
export interface CronTrigger<_Events = unknown> {
  readonly cron: string;
  /** Spreads the start by up to that long, `"1s"` to `"5m"`; the same for each function and tick. */
  readonly jitter?: string | undefined;
  /** What to do with ticks that were missed while nothing ran; `last` by default. */
  readonly catchup?: "last" | "none" | "all" | undefined;
  readonly event?: undefined;
  readonly if?: undefined;
}

/**
 * An event type as a trigger, whether the client declares its name or not. Without the `event` that it has: the compiler
 * would take each `{ event }` of an unknown name for one, and complain about what else is missing instead of the name.
 */
interface TypeTrigger<_Events> extends Omit<EventType<string, any>, "event"> {}

/**
 * One trigger, as `createFunction` takes it. All three depend on `Events` so that the compiler meets them in this order
 * and explains a wrong name by the first.
 */
export type Trigger<Events> = EventTrigger<TriggerName<Events>> | CronTrigger<Events> | TypeTrigger<Events>;

/** A schedule as a trigger. @example triggers: [cron("TZ=Europe/Berlin 0 4 * * *", { jitter: "1m" })] */
export function cron<const T extends string>(
  schedule: T,
  options: { jitter?: string; catchup?: "last" | "none" | "all" } = {},
): { cron: T; jitter?: string; catchup?: "last" | "none" | "all" } {
  return { cron: schedule, ...options };
}

/** The elements of a list of triggers, or the single trigger. */
type Each<T> = T extends readonly (infer U)[] ? U : T;

/**
 * The union of the events that start a function with triggers `T`: what `event` is in its handler.
 *
 * A function without an `invoke` trigger can be invoked all the same, with the data of its triggers: its events bear
 * that name too. With one, the invocation is an event of its own.
 */
export type EventOf<Events, T> = [T] extends [PlainTrigger<infer N extends EventName<Events>>]
  ? NamedEvent<Events, N, InvokedName>
  : EventOfAny<Events, T>;

/** The usual trigger, an event by its name: decided first, in one step. */
interface PlainTrigger<Name> {
  readonly event: Name;
  readonly schema?: undefined;
}

type EventOfAny<Events, T> = [T] extends [undefined]
  ? ReceivedEvent<InvokedName, any>
  : [Extract<Each<T>, { readonly event: InvokedName }>] extends [never]
    ? [Each<T>] extends [never]
      ? ReceivedEvent<InvokedName, any>
      : TriggerEvent<Events, Each<T>, InvokedName>
    : TriggerEvent<Events, Each<T>, never>;

// distributes over U: one trigger at a time
type TriggerEvent<Events, U, Extra> = U extends { readonly event: infer E }
  ? E extends string
    ? U extends { readonly schema: StandardSchemaV1<infer D, any> }
      ? ReceivedEvent<PlainName<E> | Extra, D>
      : NamedEvent<Events, E, Extra>
    : E extends EventType<infer N, infer S>
      ? ReceivedEvent<PlainName<N> | Extra, SchemaData<S> extends infer D ? AnyIfUntyped<S, D> : never>
      : never
  : U extends { readonly cron: string }
    ? ReceivedEvent<TimerName | Extra, { cron: string }>
    : never;

type AnyIfUntyped<S, D> = [S] extends [undefined] ? any : D;

/** The event of that name; for a wildcard, the declared ones that it matches. */
export type NamedEvent<Events, N extends string, Extra = never> = N extends unknown
  ? string extends EventName<Events>
    ? ReceivedEvent<PlainName<N> | Extra, any>
    : Events extends { [Name in N]: infer Declared }
      ? DeclaredEvent<N | Extra, Declared>
      : UndeclaredEvent<Events, N, Extra>
  : never;

type UndeclaredEvent<Events, N extends string, Extra> = N extends keyof InternalEvents
  ? ReceivedEvent<N, InternalEvents[N]["data"]>
  : N extends `${infer Prefix}*`
    ? OrAnyEvent<MatchedEvents<Events, keyof Events & (`${Prefix}${string}` & string), Extra>>
    : ReceivedEvent<N | Extra, any>;

type MatchedEvents<Events, N extends keyof Events, Extra> = N extends string
  ? DeclaredEvent<N | Extra, Events[N]>
  : never;

type OrAnyEvent<E> = [E] extends [never] ? ReceivedEvent<string, any> : E;

/** A wildcard is no event's name. */
type PlainName<N extends string> = N extends `${string}*` ? string : N;
