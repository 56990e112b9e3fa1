import type { EventRecord, WakeRecord } from "../store/records.js";
import type { WaitCandidate } from "../store/store.js";
import { findEarlier } from "./2-match/look-back.js";
import { serveWaits, type WaitServices } from "./2-match/serve-waits.js";
import { readPayload } from "./event-record.js";

const keyOf = ({ runId, stepKey }: WakeRecord): string => `${runId} ${stepKey}`;

const pendingPage = 500;

export interface WaitServerServices extends WaitServices {
  onTrouble(error: unknown): void;
}

/** Serves the waits and cancellations that events are for, also those that a process that died has left. */
export class WaitServer {
  #serving = 0;
  readonly #lookingBack = new Map<string, Promise<EventRecord | null>>();

  constructor(readonly services: WaitServerServices) {}

  get idle(): boolean {
    return this.#serving === 0;
  }

  /** The first event since `wake.since` that ends this wait, as JSON text; null where there is none. */
  lookBack(wake: WakeRecord & { readonly kind: "event" }): Promise<string | null> {
    const key = keyOf(wake);
    const found = findEarlier(wake, wake.since ?? wake.createdAt, this.services);
    this.#lookingBack.set(key, found);
    return found
      .then((record) => record && JSON.stringify(readPayload(record)))
      .finally(() => {
        if (this.#lookingBack.get(key) === found) this.#lookingBack.delete(key);
      });
  }

  async serve(record: EventRecord, candidates: readonly WaitCandidate[]): Promise<void> {
    this.#serving++;
    try {
      if (this.#lookingBack.size > 0) await this.#lookedBack(candidates);
      await serveWaits(record, candidates, this.services);
    } catch (error) {
      this.services.onTrouble(error);
    } finally {
      this.#serving--;
    }
  }

  /** An event that came before goes first. */
  async #lookedBack(candidates: readonly WaitCandidate[]): Promise<void> {
    const looking = candidates.flatMap(({ wake }) => this.#lookingBack.get(keyOf(wake)) ?? []);
    if (looking.length === 0) return;
    await Promise.allSettled(looking);
    // What they have found is submitted when those who asked have been told.
    await new Promise((resolve) => setImmediate(resolve));
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
