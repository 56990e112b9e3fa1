import { createHash } from "node:crypto";

/** The SDK's own header: the same for each retry of one request, another for each request. */
export const eventIdSeedHeader = "x-inngest-event-id-seed";

const longestSeed = 512;

/**
 * Gives events without an `id` one that depends on the seed and their place alone. A request that is sent again after
 * a lost answer then starts no function a second time.
 */
export function seedEventIds(events: readonly unknown[], seed: string | undefined): readonly unknown[] {
  // a seed that is no seed is no reason to lose the event
  if (seed === undefined || seed === "" || seed.length > longestSeed) return events;
  return events.map((event, index) => {
    if (typeof event !== "object" || event === null || Array.isArray(event)) return event;
    if ("id" in event && event.id !== undefined && event.id !== null && event.id !== "") return event;
    return { ...event, id: createHash("sha256").update(`${index}\0${seed}`).digest("base64url") };
  });
}
