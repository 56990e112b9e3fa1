import { describe, expect, test } from "vitest";
import { prepareEvents } from "../../define/prepare-events.js";
import { defaultLimits, resolveLimits } from "../limits.js";
import { acceptEvents } from "./accept-events.js";

const kib = 1024;
const event = (fields: object) => ({ name: "a", ...fields });

/** Where events are counted and measured: in the typed sender, and where they arrive. */
const doors: Record<string, (events: readonly unknown[], maxEventBytes?: number) => Promise<unknown>> = {
  "the typed sender": (events, maxEventBytes = 512 * kib) =>
    prepareEvents(events, { schemas: undefined, maxEventBytes, now: 0 }),
  ingest: (events, eventBytes = 512 * kib) =>
    acceptEvents(events, { limits: resolveLimits({ eventBytes }), now: 0, newId: () => "id", checkData: () => null }),
};

// The sender counts the whole event, ingest the name, the data and what else the event brings.
const around = 200;
const ofSize = (bytes: number) => event({ data: { text: "x".repeat(bytes) } });
const ofBytes = (bytes: number) => event({ data: { text: "ä".repeat(bytes / 2) } });

describe.each(Object.entries(doors))("%s", (_, accept) => {
  test.each<[string, readonly unknown[], number | undefined]>([
    ["512 KiB", [ofSize(512 * kib - around)], undefined],
    ["512 KiB of letters with two bytes", [ofBytes(512 * kib - around)], undefined],
    ["3 MiB where that is configured", [ofSize(3 * kib * kib - around)], 3 * kib * kib],
    ["a name of 512 characters", [event({ name: "n".repeat(512) })], undefined],
    ["5,000 events", Array(5_000).fill(event({})), undefined],
  ])("takes %s", async (_, events, limit) => {
    await expect(accept(events, limit)).resolves.toHaveLength(events.length);
  });

  test.each<[string, readonly unknown[], number | undefined, string, RegExp]>([
    ["512 KiB", [ofSize(512 * kib)], undefined, "event-too-large", /52\d{4} bytes, the limit is 524288/],
    ["512 KiB in bytes", [ofBytes(512 * kib)], undefined, "event-too-large", /52\d{4} bytes, the limit is 524288/],
    ["3 MiB", [ofSize(3 * kib * kib)], 3 * kib * kib, "event-too-large", /3145\d{3} bytes, the limit is 3145728/],
    [
      "512 characters",
      [event({ name: "n".repeat(513) })],
      undefined,
      "invalid-event",
      /513 characters, the limit is 512/,
    ],
    ["5,000 events", Array(5_001).fill(event({})), undefined, "too-many-events", /5001 events.*the limit is 5000/],
  ])("refuses what is more than %s, with size and limit", async (_, events, limit, code, message) => {
    await expect(accept(events, limit)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

test("the defaults are the documented ones, and what is above the highest is refused", () => {
  expect(defaultLimits).toMatchObject({
    eventBytes: 512 * kib,
    eventsPerRequest: 5_000,
    stepBytes: 4 * kib * kib,
    runBytes: 32 * kib * kib,
    stepsPerRun: 1_000,
  });
  expect(resolveLimits({ stepsPerRun: 100_000 }).stepsPerRun).toBe(100_000);
  for (const given of [{ eventBytes: 3 * kib * kib + 1 }, { stepsPerRun: 100_001 }]) {
    expect(() => resolveLimits(given)).toThrow(expect.objectContaining({ code: "invalid-limit" }));
  }
});
