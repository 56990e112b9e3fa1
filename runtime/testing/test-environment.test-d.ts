import { z } from "zod";
import type { Equal, Expect } from "../define/expect-type.test-d.js";
import { invoke, Stepwright } from "../define/index.js";
import { TestEnvironment } from "./index.js";

const client = new Stepwright({ id: "typed" });
const charge = client.createFunction(
  { id: "charge", triggers: [invoke(z.object({ amount: z.number() }))] },
  async ({ event }) => ({ chargeId: "ch", amount: event.data.amount }),
);

export async function check(): Promise<void> {
  const t = await TestEnvironment.start({ functions: [charge] });
  const result = await t.result(charge);
  type _1 = Expect<Equal<typeof result, { chargeId: string; amount: number }>>;
  t.function(charge).returns({ chargeId: "x", amount: 1 });
  // @ts-expect-error a result that the function cannot have
  t.function(charge).returns({ chargeId: 1 });
  await t.invoke(charge, { amount: 1 });
  // @ts-expect-error data that the function does not take
  await t.invoke(charge, { amount: "1" });
  t.step<number>("price").returns(1);
  // @ts-expect-error another type than the one that was named
  t.step<number>("price").returns("1");
  // @ts-expect-error definitions or a built application, not both
  await TestEnvironment.start({ functions: [charge], app: t.engine.app });
}
