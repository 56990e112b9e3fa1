import { Stepwright } from "./client.js";
import type { Equal, Expect } from "./expect-type.test-d.js";
import type { RollbackContext } from "./rollback.js";
import type { Transaction } from "./transaction.js";

const client = new Stepwright({ id: "types" });

client.createFunction({ id: "rollbacks", triggers: [{ event: "go" }] }, async ({ step }) => {
  const charge = await step.run(
    "charge",
    {
      rollback: async (result, context) => {
        type Result = Expect<Equal<typeof result, { id: string; at: string }>>;
        type Context = Expect<Equal<typeof context, RollbackContext>>;
        return [] as [Result, Context] | [];
      },
    },
    async () => ({ id: "c", at: new Date() }),
  );
  type Charge = Expect<Equal<typeof charge, { id: string; at: string }>>;
  const inOne = await step.run({ id: "one", rollback: (result) => result.toFixed() }, () => 1);
  const withInput = await step.run(
    "input",
    { rollback: (n) => n.toFixed() },
    (a: number, b: string) => a + b.length,
    1,
    "b",
  );
  const plainInput = await step.run("plain", (a: number) => a, 1);
  type Numbers = Expect<Equal<[typeof inOne, typeof withInput, typeof plainInput], [number, number, number]>>;
  const row = await step.transaction(
    "row",
    {
      rollback: (tx, result: number) => {
        type Given = Expect<Equal<[typeof tx, typeof result], [Transaction, number]>>;
        void ([] as [Given] | []);
      },
    },
    (tx) => tx.run("DELETE FROM a").changes,
  );
  type Row = Expect<Equal<typeof row, number>>;

  // @ts-expect-error the result is a number
  await step.run("wrong", { rollback: (result: string) => result }, () => 1);
  // @ts-expect-error a rollback is a function
  await step.run("wrong", { rollback: 1 }, () => 1);
  // @ts-expect-error the input does not fit
  await step.run("wrong", { rollback: () => {} }, (a: number) => a, "b");
  return [] as [Charge, Numbers, Row] | [];
});
