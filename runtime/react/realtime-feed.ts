/** What a page knows of a subscription, without React: connects, connects again, and keeps the last messages. */
import type { Realtime } from "../define/realtime.js";

export type UseRealtimeConnectionStatus = "idle" | "connecting" | "open" | "paused" | "closed" | "error";
export type UseRealtimeRunStatus = "unknown" | "running" | "completed" | "failed" | "cancelled";
export type PauseReason = "hidden" | "disabled" | null;

/** Never changed: each new one is another object. */
export interface FeedState {
  readonly connectionStatus: UseRealtimeConnectionStatus;
  /** By what is read on `$run`; `running` from the first connection on. */
  readonly runStatus: UseRealtimeRunStatus;
  readonly isPaused: boolean;
  readonly pauseReason: PauseReason;
  readonly messages: {
    /** The last one of each topic. */
    readonly byTopic: Readonly<Record<string, Realtime.Message | undefined>>;
    readonly all: readonly Realtime.Message[];
    readonly last: Realtime.Message | null;
    /** What came with the last change. */
    readonly delta: readonly Realtime.Message[];
  };
  /** The run's, once it has completed. */
  readonly result: unknown;
  readonly error: Error | null;
}

export interface FeedOptions {
  /** A token for each connection: one is valid for a short time. */
  readonly connect: () => Promise<Realtime.Subscribe.StreamSubscription>;
  /** Messages that are kept; null: all. */
  readonly historyLimit: number | null;
  /** Messages are shown together, at most so often, in ms; 0: each at once. */
  readonly bufferInterval: number;
  readonly reconnect: boolean;
  /** In ms: doubled with each failure. */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** The connection ends with the run. */
  readonly autoCloseOnTerminal: boolean;
}

const empty: FeedState = {
  connectionStatus: "idle",
  runStatus: "unknown",
  isPaused: false,
  pauseReason: null,
  messages: { byTopic: {}, all: [], last: null, delta: [] },
  result: undefined,
  error: null,
};

const ended: ReadonlySet<UseRealtimeRunStatus> = new Set(["completed", "failed", "cancelled"]);

export class RealtimeFeed {
  #state = empty;
  readonly #listeners = new Set<() => void>();
  #buffer: Realtime.Message[] = [];
  #flushing: ReturnType<typeof setTimeout> | null = null;
  #waiting: ReturnType<typeof setTimeout> | null = null;
  #subscription: Realtime.Subscribe.StreamSubscription | null = null;
  /** Counts the beginnings: what belongs to an earlier one ends. */
  #turn = 0;
  #failures = 0;

  constructor(readonly options: FeedOptions) {}

  readonly state = (): FeedState => this.#state;

  readonly listen = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  /** Forgets what was read; the connection stays. */
  readonly reset = (): void => {
    this.#buffer = [];
    const { runStatus, messages, result, error } = empty;
    this.#change({ runStatus, messages, result, error });
  };

  start(): void {
    this.#change({ isPaused: false, pauseReason: null });
    void this.#connect(++this.#turn);
  }

  /** `reason` null: for good. */
  stop(reason: PauseReason): void {
    this.#turn++;
    if (this.#waiting !== null) clearTimeout(this.#waiting);
    this.#flush();
    this.#subscription?.close();
    this.#subscription = null;
    const { connectionStatus } = this.#state;
    const status = reason !== null ? "paused" : connectionStatus === "open" ? "closed" : connectionStatus;
    this.#change({ connectionStatus: status, isPaused: reason !== null, pauseReason: reason });
  }

  async #connect(turn: number): Promise<void> {
    const mine = (): boolean => turn === this.#turn;
    this.#change({ connectionStatus: "connecting", error: null });
    try {
      const subscription = await this.options.connect();
      if (!mine()) return subscription.close();
      this.#subscription = subscription;
      this.#failures = 0;
      this.#change({ connectionStatus: "open", ...this.#running() });
      await this.#read(subscription, mine);
      if (!mine()) return;
      this.#flush();
      this.#change({ connectionStatus: "closed" });
      if (this.options.autoCloseOnTerminal && ended.has(this.#state.runStatus)) return;
    } catch (error) {
      if (!mine()) return;
      this.#flush();
      const shown = error instanceof Error ? error : new Error(String(error));
      this.#change({ connectionStatus: "error", error: shown });
    }
    if (this.options.reconnect) this.#waiting = setTimeout(() => mine() && void this.#connect(turn), this.#delay());
  }

  /** So that not all pages come back at once. */
  #delay(): number {
    const { reconnectMinMs: least, reconnectMaxMs: most } = this.options;
    return Math.min(most, least * 2 ** this.#failures++ * (1 + Math.random()));
  }

  async #read(subscription: Realtime.Subscribe.StreamSubscription, mine: () => boolean): Promise<void> {
    const reader = subscription.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || !mine()) return;
      this.#take(value);
      if (this.options.autoCloseOnTerminal && ended.has(this.#state.runStatus)) return subscription.close();
    }
  }

  #take(message: Realtime.Message): void {
    if (message.kind === "run") return this.#change(readRun(message.data));
    this.#buffer.push(message);
    const { bufferInterval } = this.options;
    if (bufferInterval <= 0) return this.#flush();
    this.#flushing ??= setTimeout(() => this.#flush(), bufferInterval);
  }

  #flush(): void {
    if (this.#flushing !== null) clearTimeout(this.#flushing);
    this.#flushing = null;
    const delta = this.#buffer;
    if (delta.length === 0) return;
    this.#buffer = [];
    const { historyLimit: limit } = this.options;
    const { messages } = this.#state;
    const all = [...messages.all, ...delta];
    const byTopic = new Map(Object.entries(messages.byTopic));
    for (const message of delta) byTopic.set(message.topic ?? "", message);
    this.#change({
      ...this.#running(),
      messages: {
        // `fromEntries` defines, so that a topic called `__proto__` is one like the others.
        byTopic: Object.fromEntries(byTopic),
        all: limit === null ? all : all.slice(Math.max(0, all.length - limit)),
        last: delta.at(-1) ?? null,
        delta,
      },
    });
  }

  #running(): Partial<FeedState> {
    return this.#state.runStatus === "unknown" ? { runStatus: "running" } : {};
  }

  #change(changes: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }
}

/** `{ status, result? }` of a run, in the words of this runtime or of others. */
function readRun(data: unknown): Partial<FeedState> {
  if (typeof data !== "object" || data === null) return {};
  const { runStatus, status, state, ...rest } = data as Record<string, unknown>;
  const known = [runStatus, status, state].map(statusOf).find((each) => each !== null);
  const result = "result" in rest ? rest["result"] : known === "completed" ? rest["output"] : undefined;
  return { ...(known && { runStatus: known }), ...(result !== undefined && { result }) };
}

const statuses: Readonly<Record<string, UseRealtimeRunStatus>> = {
  running: "running",
  in_progress: "running",
  completed: "completed",
  complete: "completed",
  succeeded: "completed",
  success: "completed",
  failed: "failed",
  error: "failed",
  cancelled: "cancelled",
  canceled: "cancelled",
};

function statusOf(value: unknown): UseRealtimeRunStatus | null {
  const name = typeof value === "string" ? value.toLowerCase() : "";
  return Object.hasOwn(statuses, name) ? (statuses[name] ?? null) : null;
}
