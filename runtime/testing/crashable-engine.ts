import type { Application } from "../codegen/application.js";
import type { Logger } from "../define/logger.js";
import type { EngineLimits } from "../engine/engine.js";
import { lendAmbient } from "../engine/lend-ambient.js";
import type { EventRecord } from "../store/records.js";
import type { Outcome, Page, Store, Transition } from "../store/store.js";
import { currentStep } from "../transport/ambience.js";
import {} from "../transport/inline.js";
import type { Transport } from "../transport/transport.js";
import { overlay } from "./overlay.js";
import { TestEngine } from "./test-engine.js";
import { TestKitError } from "./test-kit-error.js";
import type { VirtualClock } from "./virtual-clock.js";

/** One commit of the engine, seen from before it. */
export interface CommitPoint {
  /** Counts from 1, since the environment started. */
  readonly number: number;
  readonly transitions: readonly Transition[];
}

export interface CrashableEngineOptions {
  readonly app: Application;
  readonly store: Store;
  readonly clock: VirtualClock;
  readonly wrapTransport: (transport: Transport) => Transport;
  readonly limits?: Partial<EngineLimits> | undefined;
  readonly retryIntervalMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

interface OutgoingEvent {
  readonly name: string;
  readonly id?: string | undefined;
  readonly ts?: number | undefined;
}

interface CrashPoint {
  readonly at: number;
  readonly when: "before" | "after";
}

/** Thrown into what waits for a commit that the crash took. */
class EngineCrashed extends Error {
  override readonly name = "EngineCrashed";
}

const eventPage = 500;
/** Runs of one function to look through for the one that a crash kept from us: it is the newest. */
const runPage = 100;

/**
 * The client dates what it sends by the real clock; here it is sent at the virtual time. A date that the sender chose is
 * hardly that of this very moment.
 */
function withoutRealTime(event: OutgoingEvent): OutgoingEvent {
  const isNow = event.ts !== undefined && Math.abs(event.ts - Date.now()) < 10_000;
  return isNow ? { ...event, ts: undefined } : event;
}

/** An engine that can die at any commit; another one then goes on from what is stored, at the same moment. */
export class CrashableEngine {
  readonly store: Store;
  #app: Application;
  #life!: TestEngine;
  #commits = 0;
  #crashPoints: CrashPoint[] = [];
  #crashes = 0;
  #sent = 0;
  readonly #sentIds = new Set<string>();
  #takeBack: () => void = () => {};
  #closed = false;
  #watch: ((commit: CommitPoint) => void) | null = null;

  private constructor(readonly options: CrashableEngineOptions) {
    this.#app = options.app;
    const { store } = options;
    this.store = overlay(store, { commit: (transitions) => this.#commit(store, transitions) });
  }

  static async start(options: CrashableEngineOptions): Promise<CrashableEngine> {
    const engine = new CrashableEngine(options);
    await engine.#begin();
    return engine;
  }

  get app(): Application {
    return this.#app;
  }
  get commits(): number {
    return this.#commits;
  }
  get crashes(): number {
    return this.#crashes;
  }

  onCommit(watch: (commit: CommitPoint) => void): void {
    this.#watch = watch;
  }

  /** Waits until nothing is left to do at this moment; starts again where it has crashed. @throws TestKitError `test-ended` */
  async settle(): Promise<void> {
    if (this.#closed) throw new TestKitError("test-ended", "the environment is closed");
    for (;;) {
      const life = this.#life;
      await life.settle();
      if (!life.killed && life === this.#life) return;
      if (life === this.#life) await this.#begin();
    }
  }

  async crash(): Promise<void> {
    this.#crashes++;
    this.#life.kill();
    await this.settle();
  }

  /** At the `n`-th commit from now on, counted from 1. */
  crashAtCommit(n: number, when: "before" | "after"): void {
    this.#crashPoints.push({ at: this.#commits + n, when });
  }

  async deploy(app: Application): Promise<void> {
    this.#app = app;
    await this.#life.engine.replaceApp(app);
    await this.settle();
  }

  close(): void {
    this.#closed = true;
    this.#life.kill();
    this.#takeBack();
  }

  /** Whether the test itself has sent it. */
  sent(event: EventRecord): boolean {
    return this.#sentIds.has(event.key ?? event.id);
  }

  async #begin(): Promise<void> {
    const { limits, retryIntervalMs, logger, clock, wrapTransport } = this.options;
    const life = TestEngine.make({
      app: this.#app,
      store: this.store,
      clock,
      wrapTransport,
      ...(limits && { limits }),
      ...(retryIntervalMs !== undefined && { retryIntervalMs }),
      ...(logger && { logger }),
    });
    this.#life = life;
    try {
      await life.engine.start();
    } catch (error) {
      if (life.killed) return;
      throw error;
    }
    this.#takeBack();
    this.#takeBack = lendAmbient({
      // A handler dies with its engine; the test goes on with the next one.
      send: (events) => {
        const timeless = (events as readonly OutgoingEvent[]).map(withoutRealTime);
        return currentStep() ? life.engine.send(timeless) : this.send(timeless);
      },
      sendSignal: (signal, data) => life.engine.sendSignal(signal, data),
      invoke: (functionId, data) => life.engine.invoke(functionId, data),
      result: (runId, timeoutMs) => life.engine.result(runId, timeoutMs),
      annotate: (runId, notes) => life.engine.annotate(runId, notes),
      realtime: life.engine.realtime,
    });
    await life.settle();
  }

  /** One commit of the present engine, and the crash that was asked for there. */
  async #commit(store: Store, transitions: readonly Transition[]): Promise<readonly Outcome[]> {
    const life = this.#life;
    const number = ++this.#commits;
    this.#watch?.({ number, transitions });
    const point = this.#crashPoints.find(({ at }) => at === number);
    if (!point) return store.commit(transitions);
    this.#crashPoints = this.#crashPoints.filter((each) => each !== point);
    this.#crashes++;
    if (point.when === "before") life.kill();
    await (point.when === "after" ? store.commit(transitions).then(() => life.kill()) : null);
    throw new EngineCrashed(`the engine crashed ${point.when} commit ${number}, as the test asked`);
  }

  /** Sends, again after a crash unless the events were stored: as a client does, that never sends twice. */
  async send(given: readonly OutgoingEvent[]): Promise<{ ids: string[] }> {
    const events = given.map((event) => ({ ...event, id: event.id ?? `event-${++this.#sent}` }));
    for (const { id } of events) this.#sentIds.add(id);
    for (;;) {
      const life = this.#life;
      try {
        return await life.engine.send(events);
      } catch (error) {
        if (!life.killed) throw error;
        await this.settle();
        const stored = new Map((await this.events()).map(({ id, key }) => [key, id]));
        const ids = events.map(({ id }) => stored.get(id));
        if (ids.every((id) => id !== undefined)) return { ids };
      }
    }
  }

  /** Starts a run, once, whatever crashes meanwhile. */
  async invoke(functionId: string, data: unknown): Promise<string> {
    const listRuns = async () => (await this.store.runs.list({ functionId }, runPage, null)).items;
    const before = new Set((await listRuns()).map(({ id }) => id));
    for (;;) {
      const life = this.#life;
      try {
        return (await life.engine.invoke(functionId, data)).runId;
      } catch (error) {
        if (!life.killed) throw error;
        await this.settle();
        const stored = (await listRuns()).find(({ id, parent }) => parent === null && !before.has(id));
        if (stored) return stored.id;
      }
    }
  }

  /** All stored events, oldest first. */
  async events(name?: string): Promise<readonly EventRecord[]> {
    const all: EventRecord[] = [];
    for (let cursor: string | null = null; ;) {
      const page: Page<EventRecord> = await this.store.events.list(
        name === undefined ? {} : { name },
        eventPage,
        cursor,
      );
      all.push(...page.items);
      if (page.next === null) return all.reverse();
      cursor = page.next;
    }
  }
}
