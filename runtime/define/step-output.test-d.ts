import type { Equal, Expect } from "./expect-type.test-d.js";
import { dependencyInjectionMiddleware, Inngest, Middleware } from "./index.js";
import type { Jsonify } from "./jsonify.js";

interface KeepDates extends Middleware.StaticTransform {
  Out: this["In"] extends Date ? Date : Jsonify<this["In"]>;
}
class Dates extends Middleware.BaseMiddleware {
  readonly id = "dates";
  declare stepOutputTransform: KeepDates;
}
interface Boxed extends Middleware.StaticTransform {
  Out: Record<"box", this["In"]>;
}
class Box extends Middleware.BaseMiddleware {
  readonly id = "box";
  declare stepOutputTransform: Boxed;
}
class Plain extends Middleware.BaseMiddleware {
  readonly id = "plain";
}

const dates = new Inngest({ id: "app", middleware: [dependencyInjectionMiddleware({ db: 1 }), Dates] });
dates.createFunction({ id: "a" }, { event: "x" }, async ({ step, db }) => {
  const date = await step.run("date", () => new Date());
  type _1 = Expect<Equal<typeof date, string>>;
  await step.sleep("nap", "1h");
  return db satisfies number;
});

const only = new Inngest({ id: "app", middleware: [Dates] });
only.createFunction(
  {
    id: "b",
    onFailure: async ({ step }) => {
      const date = await step.run("date", () => new Date());
      type _1 = Expect<Equal<typeof date, Date>>;
    },
  },
  { event: "x" },
  async ({ step }) => {
    const date = await step.run("date", async () => new Date());
    type _1 = Expect<Equal<typeof date, Date>>;
    const input = await step.run("input", (n: number) => ({ n }), 1);
    type _2 = Expect<Equal<typeof input, { n: number }>>;
    const { ids } = await step.sendEvent("send", { name: "y" });
    type _3 = Expect<Equal<typeof ids, string[]>>;
  },
);
// the client's is outside of the function's
only.createFunction({ id: "c", middleware: [Box] }, { event: "x" }, async ({ step }) => {
  const boxed = await step.run("n", () => 1);
  type _1 = Expect<Equal<typeof boxed, Record<"box", number>>>;
});

const plain = new Inngest({ id: "app", middleware: [Plain] });
plain.createFunction({ id: "d" }, { event: "x" }, async ({ step }) => {
  const made = await step.run("made", () => ({ at: new Date() }));
  type _1 = Expect<Equal<typeof made, { at: string }>>;
  const nothing = await step.run("nothing", () => {});
  type _2 = Expect<Equal<typeof nothing, null>>;
});

// A wrapper of `step.run` passes on what it was given: an id, or options with one.
plain.createFunction({ id: "e" }, { event: "x" }, async ({ step }) => {
  const id = "made" as string | { id: string; timeout?: string };
  const aborted = await step.run(id, ({ signal }) => signal.aborted);
  type _1 = Expect<Equal<typeof aborted, boolean>>;
});
