import { expect, it } from "vitest";
import { keepAlive } from "./keep-alive.js";
import { ManualClock } from "./serve-fixture.js";

it("keeps a connection alive until there is an answer", async () => {
  const clock = new ManualClock();
  let answer!: (text: string) => void;
  const stream = keepAlive(new Promise((resolve) => (answer = resolve)), clock);
  clock.advance(3_000);
  clock.advance(2_999);
  clock.advance(1);
  answer('{"a":1}');
  expect(await new Response(stream).text()).toBe('  {"a":1}');
  expect(clock.waiting).toBe(0);
});

it("stops when nobody listens any more", async () => {
  const clock = new ManualClock();
  const stream = keepAlive(new Promise(() => {}), clock);
  await stream.cancel();
  expect(clock.waiting).toBe(0);
});
