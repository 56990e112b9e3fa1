/** The types of lifecycle handlers and of the runtime's own events; checked by `tsc`. */
import { eventType, staticSchema, Stepwright } from "./index.js";

const placed = eventType("order/placed", { schema: staticSchema<{ id: string }>() });
const client = new Stepwright({ id: "shop" });

client.createFunction(
  {
    id: "order",
    triggers: [{ event: placed }],
    onCancel: ({ event, reason }) => {
      void (event.data.event.data.id satisfies string);
      void (reason.message satisfies string);
      void (event.data.run_id satisfies string);
    },
    onComplete: ({ event, result, step }) => {
      void (event.data.event.data.id satisfies string);
      // @ts-expect-error it may be anything
      void (result satisfies string);
      return step.run("tell", () => 1);
    },
  },
  async ({ event, step }) => {
    const ended = await step.waitForEvent("end", { event: "inngest/function.finished", timeout: "1d" });
    if (ended && "error" in ended.data) void (ended.data.error.message satisfies string);
    // @ts-expect-error it is a boolean
    await step.invoke("call", { function: "shop-other", data: {}, cancelChildren: "yes" });
    return event.data.id;
  },
);

client.createFunction({ id: "told", triggers: [{ event: "inngest/function.cancelled" }] }, ({ event }) => {
  void (event.data.function_id satisfies string);
});
