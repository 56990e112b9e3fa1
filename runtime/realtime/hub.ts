import {
  maxMessageBytes,
  maxNameLength,
  type Message,
  runTopic,
  stepTopic,
  streamTopic,
  writeMessage,
} from "./message.js";
import { RealtimeError } from "./realtime-error.js";

/** What can be subscribed to: a topic of a channel. */
export interface Topic {
  readonly channel: string;
  readonly name: string;
}

/** Why a subscription ends: it did not keep up, or the hub closes. */
export type EndReason = "slow-subscriber" | "closing";

/** Someone who gets messages. Nothing here may throw. */
export interface Subscriber {
  /** Bytes that it was given and has not taken yet. */
  readonly backlog: number;
  /** JSON of a message; the bytes are shared with other subscribers. */
  deliver(message: Outgoing): void;
  /** Bytes as they were published on `$stream`. */
  forward(bytes: Uint8Array): void;
  /** The last call; `closing` says so to its reader. */
  end(reason: EndReason, closing: Outgoing): void;
}

/** A message on its way to many: encoded once. */
export class Outgoing {
  #bytes: Uint8Array | null = null;
  constructor(readonly text: string) {}
  get bytes(): Uint8Array {
    return (this.#bytes ??= Buffer.from(this.text));
  }
}

export interface HubLimits {
  /** Subscribers at one time. Default 10,000. */
  readonly subscribers: number;
  /** Bytes that one of them may be behind; beyond, it is cut off. Default 4 MiB. */
  readonly backlogBytes: number;
}

const defaultLimits: HubLimits = { subscribers: 10_000, backlogBytes: 4 * 1024 * 1024 };
const maxTopics = 100;

/**
 * Brings what is published to those who are subscribed at that moment, in this process. Nothing is kept: who comes later gets
 * what is published later. Whoever does not keep up is told so and cut off, so that no reader costs more than a bounded
 * amount of memory. A message that nobody is subscribed to is not even written.
 */
export class Hub {
  readonly #seats = new Set<Seat>();
  readonly #channels = new Map<string, Map<string, Set<Seat>>>();
  readonly #limits: HubLimits;
  readonly #now: () => number;
  /** Told when the first subscriber of how runs go on has come, and when the last has left. */
  onRunsWatched: ((watched: boolean) => void) | null = null;
  #runWatchers = 0;
  #closed = false;

  constructor(options: { readonly now: () => number; readonly limits?: Partial<HubLimits> }) {
    this.#now = options.now;
    this.#limits = { ...defaultLimits, ...options.limits };
  }

  /** Subscriptions at this moment. */
  get size(): number {
    return this.#seats.size;
  }

  /** Gives the number of those who get it. @throws RealtimeError `invalid-channel`, `message-too-large` */
  publish(message: Message): number {
    checkName(message.channel);
    checkName(message.topic);
    // No character has more than three bytes for each UTF-16 unit: most messages need no second look.
    if (message.data.length * 3 > maxMessageBytes) checkSize(message.data);
    const seats = this.#find(message.channel, message.topic);
    if (!seats) return 0;
    const outgoing = new Outgoing(writeMessage(message, this.#now()));
    return this.#give(seats, (subscriber) => subscriber.deliver(outgoing));
  }

  /** Gives bytes to those who are subscribed to `$stream` of the channel, and their number. @throws RealtimeError `invalid-channel` */
  forward(channel: string, bytes: Uint8Array): number {
    checkName(channel);
    const seats = this.#find(channel, streamTopic);
    return seats ? this.#give(seats, (subscriber) => subscriber.forward(bytes)) : 0;
  }

  /**
   * From now on the subscriber gets what is published on the topics; the returned function takes it back.
   * @throws RealtimeError `invalid-channel`, `invalid-topics`, `too-many-subscribers`
   */
  subscribe(subscriber: Subscriber, topics: readonly Topic[]): () => void {
    checkTopics(topics);
    if (this.#closed || this.#seats.size >= this.#limits.subscribers) {
      const many = `${this.#limits.subscribers} subscribers are there`;
      throw new RealtimeError("too-many-subscribers", this.#closed ? "the runtime is stopping" : many);
    }
    const seat: Seat = { subscriber, topics };
    this.#seats.add(seat);
    for (const { channel, name } of topics) this.#topicsOf(channel, name).add(seat);
    if (watchesRuns(seat) && this.#runWatchers++ === 0) this.onRunsWatched?.(true);
    return () => this.#remove(seat);
  }

  /** Ends all subscriptions; there are none afterwards. */
  close(): void {
    this.#closed = true;
    for (const seat of [...this.#seats]) this.#end(seat, "closing");
  }

  #give(seats: ReadonlySet<Seat>, give: (subscriber: Subscriber) => void): number {
    let reached = 0;
    // One that is cut off leaves the set.
    for (const seat of [...seats]) {
      if (seat.subscriber.backlog > this.#limits.backlogBytes) {
        this.#end(seat, "slow-subscriber");
      } else {
        give(seat.subscriber);
        reached++;
      }
    }
    return reached;
  }

  #end(seat: Seat, reason: EndReason): void {
    this.#remove(seat);
    const { channel, name } = seat.topics[0]!;
    const last: Message = { kind: "closing", channel, topic: name, data: JSON.stringify({ reason }) };
    seat.subscriber.end(reason, new Outgoing(writeMessage(last, this.#now())));
  }

  #remove(seat: Seat): void {
    if (!this.#seats.delete(seat)) return;
    for (const { channel, name } of seat.topics) {
      const topics = this.#channels.get(channel);
      const seats = topics?.get(name);
      seats?.delete(seat);
      if (seats?.size === 0) topics?.delete(name);
      if (topics?.size === 0) this.#channels.delete(channel);
    }
    if (watchesRuns(seat) && --this.#runWatchers === 0) this.onRunsWatched?.(false);
  }

  #find(channel: string, topic: string): ReadonlySet<Seat> | undefined {
    return this.#channels.get(channel)?.get(topic);
  }

  #topicsOf(channel: string, name: string): Set<Seat> {
    let topics = this.#channels.get(channel);
    if (!topics) this.#channels.set(channel, (topics = new Map()));
    let seats = topics.get(name);
    if (!seats) topics.set(name, (seats = new Set()));
    return seats;
  }
}

interface Seat {
  readonly subscriber: Subscriber;
  readonly topics: readonly Topic[];
}

const watchesRuns = ({ topics }: Seat): boolean => topics.some(({ name }) => name === runTopic || name === stepTopic);

/** @throws RealtimeError `invalid-channel`, `invalid-topics` */
export function checkTopics(topics: readonly Topic[]): void {
  for (const { channel, name } of topics) {
    checkName(channel);
    checkName(name);
  }
  if (topics.length > 0 && topics.length <= maxTopics) return;
  throw new RealtimeError("invalid-topics", `${topics.length} topics`);
}

function checkName(name: string): void {
  if (name !== "" && name.length <= maxNameLength) return;
  const what = name === "" ? "a name is empty" : `a name has ${name.length} characters`;
  throw new RealtimeError("invalid-channel", `${what}, the limit is ${maxNameLength}`);
}

function checkSize(data: string): void {
  const bytes = Buffer.byteLength(data);
  if (bytes <= maxMessageBytes) return;
  throw new RealtimeError("message-too-large", `the message has ${bytes} bytes, the limit is ${maxMessageBytes}`);
}
