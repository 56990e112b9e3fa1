import type { Application } from "../codegen/application.js";
import { lendAmbient } from "../engine/lend-ambient.js";
import { ComposedEngine } from "../engine/create-engine.js";
import type { EngineLimits, Happening } from "../engine/engine.js";
import type { Logger } from "../define/logger.js";
import { parseDuration } from "../manifest/duration.js";
import type { RunSnapshot, Store } from "../store/store.js";
import type { Transport } from "../transport/transport.js";
import { type ClockBranch, VirtualClock } from "./virtual-clock.js";

export interface TestEngineOptions {
  readonly app: Application;
  readonly store: Store;
  readonly clock?: VirtualClock;
  readonly limits?: Partial<EngineLimits>;
  readonly logger?: Logger;
  readonly retryIntervalMs?: number;
  readonly wrapTransport?: (transport: Transport) => Transport;
}

const silent: Logger = { info() {}, warn() {}, error() {}, debug() {} };

/** A test runner may fake them later; the engine needs the real ones. */
const { setImmediate, setTimeout } = globalThis;

/** So many turns of the loop are enough for all that does not wait for the outside world. */
const quickTurns = 1_000;
/** Longer than this in real time without coming to rest: a step hangs, or something goes round in circles. */
const longestRestMs = 20_000;

/** The production engine on a virtual clock: time passes only through `advance`, randomness is always zero. */
export class TestEngine {
  readonly clock: VirtualClock;
  readonly engine: ComposedEngine;
  readonly happenings: Happening[] = [];
  readonly #life: ClockBranch;
  #killed = false;

  private constructor(readonly options: TestEngineOptions) {
    this.clock = options.clock ?? new VirtualClock();
    this.#life = this.clock.branch();
    this.engine = new ComposedEngine({
      store: options.store,
      app: options.app,
      clock: this.#life,
      random: () => 0,
      logger: options.logger ?? silent,
      // Heartbeats would be most of what happens in thirty virtual days.
      limits: { leaseMs: Number.MAX_SAFE_INTEGER / 2 ** 10, ...options.limits },
      observe: (happening) => this.happenings.push(happening),
      ...(options.retryIntervalMs === undefined ? {} : { retryIntervalMs: options.retryIntervalMs }),
      ...(options.wrapTransport && { wrapTransport: options.wrapTransport }),
    });
  }

  /** One that has not been started. */
  static make(options: TestEngineOptions): TestEngine {
    return new TestEngine(options);
  }

  static async start(options: TestEngineOptions): Promise<TestEngine> {
    const test = new TestEngine(options);
    await test.engine.start();
    lendAmbient(test.engine);
    await test.settle();
    return test;
  }

  get killed(): boolean {
    return this.#killed;
  }

  /** As `kill -9`: it stores nothing more, and none of its timers fires. */
  kill(): void {
    this.#killed = true;
    this.engine.crash();
    this.#life.end();
  }

  /** Sends and lets everything happen that needs no time. */
  async send(...events: readonly unknown[]): Promise<string[]> {
    const { ids } = await this.engine.send(events);
    await this.settle();
    return ids;
  }

  /** Waits until nothing is left to do at this moment, or until it is killed. */
  async settle(): Promise<void> {
    let began: number | null = null;
    for (let turn = 0; !this.#killed; turn++) {
      // Bodies of steps may do real work; the others are over after a few turns.
      if (turn < quickTurns) await new Promise((resolve) => setImmediate(resolve));
      else await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.engine.idle) {
        await new Promise((resolve) => setImmediate(resolve));
        if (this.engine.idle) return;
      }
      if (turn >= quickTurns) began ??= performance.now();
      if (began !== null && performance.now() - began > longestRestMs)
        throw new Error(
          `the engine does not come to rest within ${longestRestMs / 1000} s: a step hangs, or runs start each other`,
        );
    }
  }

  /** Lets time pass, in ms or as "3 days"; all that falls due on the way happens at its own time. */
  async advance(time: number | string): Promise<void> {
    const length = parseDuration(time);
    if (!length.ok) throw new Error(length.message);
    const target = this.clock.now() + length.value;
    await this.settle();
    while (this.clock.step(target)) await this.settle();
  }

  /** As `advance`, where a step's body never ends and nothing comes to rest: each moment gets fifty turns of the loop. */
  async elapse(time: number | string): Promise<void> {
    const length = parseDuration(time);
    if (!length.ok) throw new Error(length.message);
    const target = this.clock.now() + length.value;
    do {
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    } while (this.clock.step(target));
  }

  /** All runs, oldest first, with journal and wakes. */
  async runs(): Promise<readonly RunSnapshot[]> {
    const { items } = await this.options.store.runs.list({}, 10_000, null);
    return this.options.store.runs.snapshots(items.map(({ id }) => id).reverse());
  }

  /** As `kill -9` and a new start, at the same moment, on the same store. */
  async crash(app: Application = this.options.app): Promise<TestEngine> {
    this.kill();
    return TestEngine.start({ ...this.options, app, clock: this.clock });
  }
}
