import { Stepwright } from "../../define/client.js";
import type { FunctionDefinition } from "../../define/function-definition.js";

/** The functions of the workloads about flow control; each run does one step. */
export function defineFlowFunctions(): readonly FunctionDefinition[] {
  const client = new Stepwright({ id: "bench" });
  return [
    client.createFunction(
      {
        id: "keyed",
        concurrency: { limit: 1, key: "event.data.key" },
        // It delays nobody: what is measured is the price of keeping it.
        throttle: { limit: 1_000, period: "1s", key: "event.data.key" },
        triggers: [{ event: "bench/keyed" }],
      },
      async ({ event, step }) => step.run("s1", () => ({ ok: true, id: event.data.id })),
    ),
    client.createFunction(
      {
        id: "debounced",
        debounce: { period: "5s", key: "event.data.key" },
        triggers: [{ event: "bench/debounced" }],
      },
      async ({ event, step }) => step.run("s1", () => ({ ok: true, id: event.data.id })),
    ),
    client.createFunction(
      {
        id: "batched",
        batchEvents: { maxSize: 100, timeout: "10s" },
        triggers: [{ event: "bench/batched" }],
      },
      async ({ events, step }) => step.run("s1", () => ({ ok: true, count: events.length })),
    ),
  ];
}
