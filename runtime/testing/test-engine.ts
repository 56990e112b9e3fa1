import type { Application } from "../codegen/application.js";
import { lendAmbient } from "../engine/lend-ambient.js";
import { ComposedEngine } from "../engine/create-engine.js";
import type { EngineLimits, Happening } from "../engine/engine.js";
import type { Logger } from "../define/logger.js";
import { parseDuration } from "../manifest/duration.js";
import type { RunSnapshot, Store } from "../store/store.js";
import { VirtualClock } from "./virtual-clock.js";

export interface TestEngineOptions {
  readonly app: Application;
  readonly store: Store;
  readonly clock?: VirtualClock;
  readonly limits?: Partial<EngineLimits>;
  readonly logger?: Logger;
  readonly retryIntervalMs?: number;
}

const silent: Logger = { info() {}, warn() {}, error() {}, debug() {} };

/** More turns than this without coming to rest means that something goes round in circles. */
const mostTurns = 1_000_000;

/** The production engine on a virtual clock: time passes only through `advance`, randomness is always zero. */
export class TestEngine {
  readonly clock: VirtualClock;
  readonly engine: ComposedEngine;
  readonly happenings: Happening[] = [];

  private constructor(readonly options: TestEngineOptions) {
    this.clock = options.clock ?? new VirtualClock();
    this.engine = new ComposedEngine({
      store: options.store,
      app: options.app,
      clock: this.clock,
      random: () => 0,
      logger: options.logger ?? silent,
      // Heartbeats would be most of what happens in thirty virtual days.
      limits: { leaseMs: Number.MAX_SAFE_INTEGER / 2 ** 10, ...options.limits },
      observe: (happening) => this.happenings.push(happening),
      ...(options.retryIntervalMs === undefined ? {} : { retryIntervalMs: options.retryIntervalMs }),
    });
  }

  static async start(options: TestEngineOptions): Promise<TestEngine> {
    const test = new TestEngine(options);
    await test.engine.start();
    lendAmbient(test.engine);
    await test.settle();
    return test;
  }

  /** Sends and lets everything happen that needs no time. */
  async send(...events: readonly unknown[]): Promise<string[]> {
    const { ids } = await this.engine.send(events);
    await this.settle();
    return ids;
  }

  /** Waits until nothing is left to do at this moment. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < mostTurns; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!this.engine.idle) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.engine.idle) return;
    }
    throw new Error("the engine does not come to rest");
  }

  /** Lets time pass, in ms or as "3 days"; all that falls due on the way happens at its own time. */
  async advance(time: number | string): Promise<void> {
    const length = parseDuration(time);
    if (!length.ok) throw new Error(length.message);
    const target = this.clock.now() + length.value;
    await this.settle();
    while (this.clock.step(target)) await this.settle();
  }

  /** All runs, oldest first, with journal and wakes. */
  async runs(): Promise<readonly RunSnapshot[]> {
    const { items } = await this.options.store.runs.list({}, 10_000, null);
    return this.options.store.runs.snapshots(items.map(({ id }) => id).reverse());
  }

  /** As `kill -9` and a new start, at the same moment, on the same store. */
  async crash(app: Application = this.options.app): Promise<TestEngine> {
    this.engine.crash();
    return TestEngine.start({ ...this.options, app, clock: this.clock });
  }
}
