import type { AnyEvents, DataOf, UserOf } from "./event-map.js";

/** Whatever an event carries besides its data. */
export interface MinimalEventPayload<TData = any> {
  /** Unique per event: a second one with the same id starts no function again within 24 hours. */
  id?: string;
  data?: TData;
  /** Kept for applications written for SDK v3. */
  user?: any;
  /** The version of the event's schema. */
  v?: string;
  meta?: EventMeta;
}

/** An event as it is sent: `id` and `ts` are filled in where they are missing. */
export interface EventPayload<TData = any> extends MinimalEventPayload<TData> {
  name: string;
  /** Milliseconds since 1970. In the future: the run starts then. */
  ts?: number;
}

/** One identifier that ties runs together, by the name of the session. Null takes an inherited one away. */
export type EventSessionValue = string | number | null;
export type EventSessions = Record<string, EventSessionValue>;
export type PropagatedEventSessionValue = string | number;
export type PropagatedEventSessions = Record<string, PropagatedEventSessionValue>;

export interface EventMeta {
  sessions?: EventSessions | null;
  propagated_sessions?: PropagatedEventSessions;
  /** The sender's place in its trace, as W3C's Trace Context writes it. */
  traceparent?: string;
  tracestate?: string;
}

export interface ReceivedEventMeta {
  sessions?: Record<string, string>;
}

/** An event as a handler gets it. */
export interface ReceivedEvent<Name, Data, User = any> {
  name: Name;
  data: Data;
  id: string;
  /** Milliseconds since 1970. */
  ts: number;
  user?: User;
  v?: string;
  meta?: ReceivedEventMeta;
}

/** An event that was declared with a `user`: a field of SDK v3. */
interface ReceivedUserEvent<Name, Data, User> extends ReceivedEvent<Name, Data, User> {
  user: User;
}

/** An event of that name as a handler gets it, by what is declared for it. */
export type DeclaredEvent<Name, Declared> = Declared extends { user: infer User }
  ? ReceivedUserEvent<Name, DataOf<Declared>, User>
  : ReceivedEvent<Name, DataOf<Declared>>;

/** An event as a typed sender takes it. */
export interface OutgoingEvent<Name, Data, User = any> {
  name: Name;
  data: Data;
  id?: string;
  ts?: number;
  user?: User;
  v?: string;
  meta?: EventMeta;
}

/** Like `OutgoingEvent`, for an event that was declared without data. */
export interface OutgoingBareEvent<Name, User = any> {
  name: Name;
  data?: any;
  id?: string;
  ts?: number;
  user?: User;
  v?: string;
  meta?: EventMeta;
}

/** One of the declared events, in sendable form; any event where none is declared. */
export type OutgoingEventOf<Events> = string extends keyof Events
  ? EventPayload
  : {
      [N in keyof Events & string]: undefined extends DataOf<Events[N]>
        ? OutgoingBareEvent<N, UserOf<Events[N]>>
        : OutgoingEvent<N, DataOf<Events[N]>, UserOf<Events[N]>>;
    }[keyof Events & string];

/**
 * A list of events: any array, and as a variable of this type one to push to. The `name` that no array has lets the compiler look an event up in the union of all
 * events by its `name`, which it does only where every member has a literal one. Without it, each call would be
 * compared with each event.
 */
interface EventList<E> extends Array<E> {
  readonly name?: undefined;
}

/** What `client.send` and `step.sendEvent` take: one event or many. */
export type SendEventPayload<Events = AnyEvents> = OutgoingEventOf<Events> | EventList<OutgoingEventOf<Events>>;

/** The ids of what was sent, in order. */
export interface SendEventBaseOutput {
  ids: string[];
}
