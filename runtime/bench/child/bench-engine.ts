import { applicationFromDefinitions } from "../../codegen/application.js";
import { createEngine } from "../../engine/create-engine.js";
import type { Engine, EngineLimits, Happening } from "../../engine/engine.js";
import { openSqliteStore } from "../../store/sqlite/open-sqlite-store.js";
import { defineBenchFunctions, type OnStep } from "./bench-functions.js";

/** Counts what has become durable, and calls back when a count is reached. */
export class Progress {
  readonly #counts = new Map<Happening["kind"], number>();
  readonly #waiting: { kind: Happening["kind"]; count: number; reached: () => void }[] = [];

  readonly observe = ({ kind }: Happening): void => {
    const count = this.count(kind) + 1;
    this.#counts.set(kind, count);
    for (const [index, wait] of this.#waiting.entries()) {
      if (wait.kind !== kind || wait.count > count) continue;
      this.#waiting.splice(index, 1);
      wait.reached();
      return;
    }
  };

  count(kind: Happening["kind"]): number {
    return this.#counts.get(kind) ?? 0;
  }

  /** Resolves when `more` further happenings of the kind have been seen. */
  after(kind: Happening["kind"], more: number): Promise<void> {
    return new Promise((reached) => this.#waiting.push({ kind, count: this.count(kind) + more, reached }));
  }
}

export interface BenchEngine {
  readonly engine: Engine;
  readonly progress: Progress;
}

/** A started engine on a SQLite file, as `stepwright start` has it. */
export async function openBenchEngine(options: {
  readonly database: string;
  readonly onStep?: OnStep;
  readonly limits?: Partial<EngineLimits>;
}): Promise<BenchEngine> {
  const store = await openSqliteStore({ path: options.database });
  const app = applicationFromDefinitions(defineBenchFunctions(options.onStep ?? (() => {})));
  const progress = new Progress();
  const engine = createEngine({
    store,
    app,
    observe: progress.observe,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  await engine.start();
  return { engine, progress };
}

/** Sends `count` events, each in a call of its own, with at most `inFlight` not yet acknowledged. */
export async function sendEvents(
  engine: Engine,
  event: {
    readonly name: string;
    readonly prefix: string;
    readonly count: number;
    readonly inFlight: number;
    readonly n?: number;
  },
): Promise<void> {
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < event.count) {
      const id = `${event.prefix}${next++}`;
      await engine.send([{ name: event.name, data: { id, n: event.n ?? 0 } }]);
    }
  };
  await Promise.all(Array.from({ length: event.inFlight }, sender));
}
