import type { Store, Write } from "../store/store.js";
import { controlRun, type Evaluate } from "./3-control/control-run.js";
import type { Committer } from "./committer.js";
import { AcceptedEvent } from "./event-record.js";
import type { LoadedApplication, LoadedFunction } from "./load-application.js";

/** So many runs are lined up anew in one transaction. */
const relinePage = 500;

export interface FlowControlServices {
  readonly store: Store;
  readonly committer: Committer;
  readonly evaluate: Evaluate;
  now(): number;
}

/** What a deployment means for the runs that wait under flow control. */
export class FlowControl {
  constructor(readonly services: FlowControlServices) {}

  /**
   * Lines up anew what has not ended, where the policies of a function are others than those it was lined up under. Nothing may be
   * claimed or started meanwhile.
   */
  async deploy(app: LoadedApplication): Promise<void> {
    const { store } = this.services;
    const known = new Map((await store.flow.policies()).map(({ functionId, hash }) => [functionId, hash]));
    for (const fn of app.functions.values()) {
      const hash = fn.policies?.hash ?? null;
      if ((known.get(fn.fullId) ?? null) === hash) continue;
      // What was on its way is there now.
      await this.services.committer.commit([]);
      // What has been started takes its slots under the new keys before anything else may.
      await this.#reline(fn, true);
      await this.#reline(fn, false);
      // After the runs: a process that dies in between does it again.
      await this.services.committer.commit([{ kind: "policies", functionId: fn.fullId, hash }]);
    }
  }

  async #reline(fn: LoadedFunction, started: boolean): Promise<void> {
    const { store, evaluate, now } = this.services;
    for (let cursor: string | null = null; ;) {
      const page = await store.flow.open(fn.fullId, started, relinePage, cursor);
      const writes: Write[] = [];
      for (const { run, events } of await store.runs.snapshots(page.runIds)) {
        const [event] = events;
        if (!event) continue;
        const origin = run.parent === null ? "event" : "invocation";
        const control = fn.policies && controlRun(fn.fullId, fn.policies, new AcceptedEvent(event), origin, evaluate);
        writes.push({ kind: "reline", runId: run.id, control, now: now() });
      }
      if (writes.length > 0) await this.services.committer.commit(writes);
      if (page.next === null) return;
      cursor = page.next;
    }
  }
}
