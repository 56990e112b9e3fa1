import { expect, test } from "vitest";

import { applicationFromDefinitions } from "../codegen/application.js";
import { Middleware, Stepwright } from "../define/index.js";
import { createMemoryStore } from "../store/memory/memory-store.js";
import { TestEngine } from "../testing/test-engine.js";

function makeGate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open!: () => void;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

// Middleware may take long over the sending of a step: its events are planned, and stored with the result.
test("an event ends a wait that was asked for after it was planned and stored before it", async () => {
  const [planned, parked] = [makeGate(), makeGate()];
  class Slow extends Middleware.BaseMiddleware {
    readonly id = "slow";
    override async wrapSendEvent({ next }: Middleware.WrapSendEventArgs) {
      const sent = await next();
      planned.open();
      await parked.passed;
      return sent;
    }
  }
  const client = new Stepwright({ id: "app" });
  const waiter = client.createFunction({ id: "waiter", triggers: [{ event: "go" }] }, async ({ step }) => {
    await step.run("until it is planned", () => planned.passed);
    // Nobody has waited for an event of this name before.
    const answer = await step.waitForEvent("answer", { event: "answer", match: "data.id", timeout: "1h" });
    return answer?.data;
  });
  const sender = client.createFunction(
    { id: "sender", triggers: [{ event: "go" }], middleware: [Slow] },
    async ({ event, step }) => step.sendEvent("send", { name: "answer", data: { id: event.data.id } }),
  );
  const store = createMemoryStore();
  const app = applicationFromDefinitions([waiter, sender]);
  const engine = await TestEngine.start({ app, store });

  await engine.engine.send([{ name: "go", data: { id: 7 } }]);
  await engine.elapse(1);
  const wakes = (await engine.runs()).flatMap((snapshot) => snapshot.wakes.map(({ kind }) => kind));
  expect(wakes).toEqual(["event"]);
  parked.open();
  await engine.settle();
  const ended = await engine.runs();
  expect(ended.find(({ run }) => run.functionId === "app-waiter")?.run.output).toBe('{"id":7}');
});
