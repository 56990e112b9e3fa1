import { expect, test } from "vitest";

import { Hub, type Outgoing, type Subscriber } from "./hub.js";
import { SubscriptionTokens } from "./subscription-tokens.js";

function makeSubscriber(backlog = 0) {
  const got: any[] = [];
  const subscriber: Subscriber = {
    backlog,
    deliver: ({ text }: Outgoing) => void got.push(JSON.parse(text)),
    forward: (bytes) => void got.push(Buffer.from(bytes).toString()),
    end: (reason, closing) => void got.push([reason, JSON.parse(closing.text)]),
  };
  return { got, subscriber };
}

const message = { kind: "data", channel: "c", topic: "t", data: "1" } as const;
const topics = [{ channel: "c", name: "t" }];

test("reaches those who are subscribed at that moment, and says how many", () => {
  const hub = new Hub({ now: () => 0 });
  expect(hub.publish(message)).toBe(0);
  const [first, second] = [makeSubscriber(), makeSubscriber()];
  const leave = hub.subscribe(first.subscriber, [...topics, { channel: "c", name: "u" }]);
  hub.subscribe(second.subscriber, topics);
  expect([hub.publish(message), hub.publish({ ...message, topic: "u" })]).toEqual([2, 1]);
  leave();
  leave();
  expect([hub.publish(message), hub.size, first.got.length, second.got.length]).toEqual([1, 1, 2, 2]);
  expect(second.got[0]).toEqual({
    kind: "data",
    channel: "c",
    topic: "t",
    created_at: "1970-01-01T00:00:00.000Z",
    data: 1,
  });
});

test("who does not keep up is told, and the others get on", () => {
  const hub = new Hub({ now: () => 0, limits: { backlogBytes: 10 } });
  const [slow, quick] = [makeSubscriber(11), makeSubscriber(10)];
  hub.subscribe(slow.subscriber, topics);
  hub.subscribe(quick.subscriber, topics);
  expect([hub.publish(message), hub.publish(message)]).toEqual([1, 1]);
  expect(slow.got).toMatchObject([["slow-subscriber", { kind: "closing", data: { reason: "slow-subscriber" } }]]);
  expect([quick.got.length, hub.size]).toEqual([2, 1]);
});

test("is bounded, and ends all of them", () => {
  const hub = new Hub({ now: () => 0, limits: { subscribers: 1 } });
  const { got, subscriber } = makeSubscriber();
  hub.subscribe(subscriber, topics);
  const refused = expect.objectContaining({ code: "too-many-subscribers" });
  expect(() => hub.subscribe(subscriber, topics)).toThrow(refused);
  hub.close();
  expect([got.length, hub.size, got[0][0]]).toEqual([1, 0, "closing"]);
  expect(() => hub.subscribe(subscriber, topics)).toThrow(refused);
});

test("says when runs are watched, and when no more", () => {
  const hub = new Hub({ now: () => 0 });
  const watched: boolean[] = [];
  hub.onRunsWatched = (on) => watched.push(on);
  const leaveOther = hub.subscribe(makeSubscriber().subscriber, topics);
  const leaves = ["$run", "$step"].map((name) => hub.subscribe(makeSubscriber().subscriber, [{ channel: "r", name }]));
  for (const leave of [leaveOther, ...leaves]) leave();
  expect(watched).toEqual([true, false]);
});

test("a name may be one of all objects", () => {
  const hub = new Hub({ now: () => 0 });
  const { got, subscriber } = makeSubscriber();
  hub.subscribe(subscriber, [{ channel: "__proto__", name: "constructor" }]);
  expect(hub.publish({ ...message, channel: "__proto__", topic: "constructor" })).toBe(1);
  expect(hub.publish({ ...message, channel: "toString", topic: "constructor" })).toBe(0);
  expect(got).toHaveLength(1);
});

test.each([
  ["no channel", { ...message, channel: "" }, "invalid-channel"],
  ["a long topic", { ...message, topic: "t".repeat(513) }, "invalid-channel"],
  ["a large message", { ...message, data: JSON.stringify("ü".repeat(256 * 1024)) }, "message-too-large"],
])("refuses %s, whoever is subscribed", (_, bad, code) => {
  expect(() => new Hub({ now: () => 0 }).publish(bad)).toThrow(expect.objectContaining({ code }));
});

test("tokens run out, and are taken by whoever has the key", () => {
  const [mine, same, other] = [["k1"], ["k2", "k1"], ["k2"]].map((keys) => new SubscriptionTokens(keys));
  const token = mine!.create(topics, 1_000_000);
  expect(same!.read(token, 1_059_000)).toEqual(topics);
  const refused = expect.objectContaining({ code: "invalid-token" });
  expect(() => mine!.read(token, 1_060_000)).toThrow(refused);
  expect(() => other!.read(token, 1_000_000)).toThrow(refused);
  expect(() => new SubscriptionTokens([]).read(token, 1_000_000)).toThrow(refused);
  expect(mine!.read(mine!.create(topics, 0, 16 * 60_000), 15 * 60_000)).toEqual(topics);
});
