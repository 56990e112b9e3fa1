import type { EventRecord } from "../store/records.js";
import type { WaitCandidate } from "../store/store.js";
import { serveWaits, type WaitServices } from "./2-match/serve-waits.js";

const pendingPage = 500;

export interface WaitServerServices extends WaitServices {
  onTrouble(error: unknown): void;
}

/** Serves the waits and cancellations that events are for, also those that a process that died has left. */
export class WaitServer {
  #serving = 0;

  constructor(readonly services: WaitServerServices) {}

  get idle(): boolean {
    return this.#serving === 0;
  }

  async serve(record: EventRecord, candidates: readonly WaitCandidate[]): Promise<void> {
    this.#serving++;
    try {
      await serveWaits(record, candidates, this.services);
    } catch (error) {
      this.services.onTrouble(error);
    } finally {
      this.#serving--;
    }
  }

  async servePending(): Promise<void> {
    const { store, committer } = this.services;
    for (;;) {
      const pending = await store.matches.pending(pendingPage);
      for (const { event, candidates } of pending) await this.serve(event, candidates);
      await committer.settled();
      if (pending.length < pendingPage) return;
    }
  }
}
