import { applicationFromDefinitions } from "../../../runtime/codegen/application.js";
import type { FunctionDefinition } from "../../../runtime/define/function-definition.js";
import { createMemoryStore } from "../../../runtime/store/memory/memory-store.js";
import type { RunSnapshot, Store } from "../../../runtime/store/store.js";
import { readRunInFlight } from "../../../runtime/store/run-in-flight.js";
import { TestEngine } from "../../../runtime/testing/test-engine.js";
import type { RunInFlight } from "./run-in-flight.js";

/** What became of one run that was begun with the old code and went on with the new one. */
export interface Takeover {
  /** As it was when the new code took over. */
  readonly run: RunInFlight;
  readonly diverged: boolean;
  readonly status: string;
}

/**
 * Runs the old function in the real engine up to each commit, kills it there, lets the new function go on from the store to the
 * end, and tells what came of it.
 */
export async function takeOverEverywhere(
  old: FunctionDefinition,
  next: FunctionDefinition,
  data: Readonly<Record<string, unknown>>,
): Promise<Takeover[]> {
  const found: Takeover[] = [];
  let last = "";
  for (let commit = 1; ; commit++) {
    const memory = createMemoryStore();
    let commits = 0;
    let crash = (): void => {};
    const store: Store = {
      ...memory,
      async commit(transitions) {
        if (commits === commit) return new Promise(() => {});
        const outcomes = await memory.commit(transitions);
        if (++commits < commit) return outcomes;
        crash();
        return new Promise(() => {});
      },
    };
    const first = TestEngine.make({ app: applicationFromDefinitions([old]), store });
    crash = () => first.kill();
    // It never comes back from a commit at which it was killed.
    void first.engine.start().catch(() => {});
    await first.settle();
    void first.engine.send([{ name: "go", data }]).catch(() => {});
    await first.settle();
    await goOn(first);
    // Of a function that has failed, the run of its handler.
    const begun = (await snapshots(memory)).find(({ run }) => run.endedAt === null);
    if (!first.killed) return found;
    if (!begun) continue;
    // Most commits are about other things.
    const run = readRunInFlight(begun);
    const state = JSON.stringify([run.steps, run.waits]);
    if (state === last) continue;
    last = state;
    const second = await TestEngine.start({
      app: applicationFromDefinitions([next]),
      store: memory,
      clock: first.clock,
    });
    await goOn(second);
    const after = (await snapshots(memory)).find(({ run: each }) => each.id === run.id);
    second.kill();
    const text = after?.run.output ?? "";
    found.push({
      run,
      diverged: text.includes("NondeterminismError"),
      status: after?.run.status ?? "gone",
    });
  }
}

/** Time passes, and all that is waited for comes. */
async function goOn(test: TestEngine): Promise<void> {
  for (let day = 0; day < 3 && !test.killed; day++) {
    await test.advance("3h");
    if (test.killed) return;
    void test.engine.send([{ name: "ping", data: {} }]).catch(() => {});
    await test.settle();
    await test.advance("1d");
  }
}

async function snapshots(store: Store): Promise<readonly RunSnapshot[]> {
  const { items } = await store.runs.list({}, 10, null);
  return store.runs.snapshots(items.map(({ id }) => id).reverse());
}
