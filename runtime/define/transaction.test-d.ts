import { Stepwright } from "./client.js";
import type { Equal, Expect } from "./expect-type.test-d.js";

const client = new Stepwright({ id: "types" });

client.createFunction({ id: "transactions", triggers: [{ event: "go" }] }, async ({ step }) => {
  const changed = await step.transaction("run", (tx) => tx.run("DELETE FROM a WHERE b = ?", 1));
  type Changed = Expect<Equal<typeof changed, { readonly changes: number }>>;
  const row = await step.transaction("get", (tx) => tx.get<{ at: Date }>("SELECT"));
  type Row = Expect<Equal<typeof row, { at: string } | null>>;
  const nothing = await step.transaction({ id: "nothing", name: "Nothing" }, (tx) => {
    tx.run("DELETE FROM a");
  });
  type Nothing = Expect<Equal<typeof nothing, null>>;
  const plain = await step.transaction("all", (tx) => tx.all("SELECT 1 AS one")[0]?.["one"]);
  type Plain = Expect<Equal<typeof plain, unknown>>;

  // @ts-expect-error the embedded store does not wait
  await step.transaction("async", async (tx) => tx.run("DELETE FROM a").changes);
  // @ts-expect-error a Date is not what SQL takes
  await step.transaction("date", (tx) => tx.run("INSERT INTO a VALUES (?)", new Date()).changes);
  // @ts-expect-error it has an id
  await step.transaction((tx) => tx.run("DELETE FROM a").changes);
  return [] as [Changed, Row, Nothing, Plain] | [];
});
