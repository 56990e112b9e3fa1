import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { historySettings } from "../../../testing/histories.js";
import { firstWithoutRoom, type SlotDemand } from "./concurrency.js";

const demand = (bucket: string, limit: number): SlotDemand => ({ bucket, limit, unit: "step" });

describe("concurrency", () => {
  test.each([
    ["no demand", [], {}, null],
    ["room", [demand("a", 2)], { a: 1 }, null],
    ["none", [demand("a", 2)], { a: 2 }, "a"],
    ["one of two", [demand("a", 2), demand("b", 1)], { a: 1, b: 1 }, "b"],
    ["others have a higher limit", [demand("a", 2)], { a: 5 }, "a"],
  ])("%s", (_, demands, held: Record<string, number>, expected) => {
    expect(firstWithoutRoom(demands, (bucket) => held[bucket] ?? 0)?.bucket ?? null).toBe(expected);
  });

  it("never lets a bucket be fuller than the limit of who takes from it, and refuses nobody who has room", () => {
    const bucket = fc.constantFrom("a", "b", "c");
    const demands = fc.uniqueArray(fc.tuple(bucket, fc.integer({ min: 1, max: 4 })), {
      maxLength: 2,
      selector: ([name]) => name,
    });
    const act = fc.oneof(
      demands.map((list) => list.map(([name, limit]) => demand(name, limit))),
      fc.nat({ max: 20 }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const holders: SlotDemand[][] = [];
        const held = (name: string): number => holders.flat().filter((each) => each.bucket === name).length;
        for (const each of acts) {
          if (typeof each === "number") holders.splice(each, 1);
          else {
            const blocked = firstWithoutRoom(each, held);
            expect(blocked === null).toBe(each.every(({ bucket: name, limit }) => held(name) < limit));
            if (blocked === null) holders.push(each);
            else expect(held(blocked.bucket)).toBeGreaterThanOrEqual(blocked.limit);
          }
        }
      }),
      historySettings("concurrency"),
    );
  });
});
