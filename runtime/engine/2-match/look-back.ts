import { pathOfMatchKey } from "../../store/candidates.js";
import type { EventRecord, WakeRecord } from "../../store/records.js";
import type { Store } from "../../store/store.js";
import { readPayload } from "../event-record.js";
import { matchKeyOf, valueAt } from "./match-keys.js";

const pageSize = 100;

export interface LookBackServices {
  readonly store: Store;
  /** A condition over `event` (the run's) and `async` (this one). */
  readonly holds: (condition: string, event: unknown, async: unknown) => boolean;
}

/**
 * The first event, by the time it was received, that was received since `since` and ends this wait; null where there is none. What the
 * run itself was started by does not count. Only the newest page after page is in memory.
 */
export async function findEarlier(
  wake: WakeRecord & { readonly kind: "event" },
  since: number,
  { store, holds }: LookBackServices,
): Promise<EventRecord | null> {
  const run = await store.runs.get(wake.runId);
  const own = run && (await store.events.get(run.eventId));
  const runEvent = own && readPayload(own);
  const path = pathOfMatchKey(wake.matchKey);
  const satisfies = (record: EventRecord): boolean => {
    if (run?.eventIds.includes(record.id)) return false;
    const payload = readPayload(record);
    if (path !== "" && matchKeyOf(path, valueAt(payload, path.split("."))) !== wake.matchKey) return false;
    return wake.condition === null || holds(wake.condition, runEvent, payload);
  };
  let first: EventRecord | null = null;
  let cursor: string | null = null;
  do {
    const page = await store.events.list({ name: wake.event }, pageSize, cursor);
    // Newest first in the order of commits, which is nearly that of reception: a whole page of older ones is the end.
    const inTime = page.items.filter(({ receivedAt }) => receivedAt >= since);
    if (inTime.length === 0) break;
    for (const record of inTime) {
      if ((first === null || record.receivedAt <= first.receivedAt) && satisfies(record)) first = record;
    }
    cursor = page.next;
  } while (cursor !== null);
  return first;
}
