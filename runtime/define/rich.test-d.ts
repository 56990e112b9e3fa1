import type { Equal, Expect } from "./expect-type.test-d.js";
import { type Rich, Stepwright } from "./index.js";

interface Order {
  at: Date;
  total: bigint;
  lines: Map<string, Set<number>>;
  link: URL;
  body: Buffer;
  note: string | undefined;
  act(): void;
}
interface KeptOrder {
  at: Date;
  total: bigint;
  lines: Map<string, Set<number>>;
  link: URL;
  body: Uint8Array;
  note: string;
}
declare const order: Order;

const rich = new Stepwright({ id: "app", serialization: "rich" });
const json = new Stepwright({ id: "app" });

const child = rich.createFunction({ id: "child", triggers: [{ event: "child" }] }, async () => ({ due: new Date() }));

export const ofClient = rich.createFunction({ id: "a", triggers: [{ event: "go" }] }, async ({ step }) => {
  const kept = await step.run("kept", async () => order);
  const given = await step.run("given", (since: Date) => since, new Date());
  const nothing = await step.run("nothing", () => {});
  const race = await step.race("race", { big: () => 1n, date: async () => new Date() });
  const called = await step.invoke("call", { function: child, data: {} });
  type Tests = [
    Expect<Equal<typeof kept, Rich<Order>>>,
    Expect<Equal<typeof kept.at, Date>>,
    Expect<Equal<typeof kept.lines, Map<string, Set<number>>>>,
    Expect<Equal<typeof kept.body, KeptOrder["body"]>>,
    Expect<Equal<keyof typeof kept, keyof KeptOrder>>,
    Expect<Equal<typeof given, Date>>,
    Expect<Equal<typeof nothing, null>>,
    Expect<Equal<typeof race, { winner: "big"; value: bigint } | { winner: "date"; value: Date }>>,
    Expect<Equal<typeof called, { due: Date }>>,
  ];
  return null as unknown as Tests;
});

export const ofFunction = json.createFunction({ id: "b", serialization: "rich" }, { event: "go" }, async ({ step }) => {
  const kept = await step.run("kept", () => new Date());
  return null as unknown as Expect<Equal<typeof kept, Date>>;
});

export const notKept = rich.createFunction(
  { id: "c", serialization: "json", triggers: [{ event: "go" }] },
  async ({ step }) => {
    const kept = await step.run("kept", () => ({ at: new Date() }));
    return null as unknown as Expect<Equal<typeof kept, { at: string }>>;
  },
);

export const byDefault = json.createFunction({ id: "d", triggers: [{ event: "go" }] }, async ({ step }) => {
  const kept = await step.run("kept", () => ({ at: new Date() }));
  return null as unknown as Expect<Equal<typeof kept, { at: string }>>;
});

// @ts-expect-error no such form
json.createFunction({ id: "e", serialization: "xml", triggers: [{ event: "go" }] }, async () => 1);
