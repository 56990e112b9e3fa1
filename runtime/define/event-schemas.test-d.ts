import { z } from "zod";
import * as z3 from "zod/v3";
import type { Equal, Expect } from "./expect-type.test-d.js";
import { EventSchemas, Stepwright } from "./index.js";

const combined = new Stepwright({
  id: "shop",
  schemas: new EventSchemas()
    .fromRecord<{ a: { data: { n: number } }; replaced: { data: { old: true } } }>()
    .fromUnion<{ name: "b"; data: { b: string } } | { name: "c"; data: { c: string } }>()
    .fromZod({ d: { data: z.object({ d: z.string() }) }, replaced: { data: z3.object({ new: z3.literal(true) }) } })
    .fromZod([z3.object({ name: z3.literal("e"), data: z3.object({ e: z3.number() }) })])
    .fromZod([z.object({ name: z.literal("f"), data: z.object({ f: z.number() }) })])
    .fromSchema({ g: z.object({ g: z.boolean() }) }),
});

combined.createFunction(
  { id: "all" },
  [
    { event: "a" },
    { event: "b" },
    { event: "d" },
    { event: "e" },
    { event: "f" },
    { event: "g" },
    { event: "replaced" },
  ],
  ({ event }) => {
    if (event.name === "a") {
      type _1 = Expect<Equal<typeof event.data, { n: number }>>;
    } else if (event.name === "b") {
      type _2 = Expect<Equal<typeof event.data, { b: string }>>;
    } else if (event.name === "d") {
      type _3 = Expect<Equal<typeof event.data, { d: string }>>;
    } else if (event.name === "e") {
      type _4 = Expect<Equal<typeof event.data, { e: number }>>;
    } else if (event.name === "f") {
      type _5 = Expect<Equal<typeof event.data, { f: number }>>;
    } else if (event.name === "g") {
      type _6 = Expect<Equal<typeof event.data, { g: boolean }>>;
    } else if (event.name === "replaced") {
      type _7 = Expect<Equal<typeof event.data, { new: true }>>;
    }
  },
);
void combined.send({ name: "replaced", data: { new: true } });
// @ts-expect-error: replaced by the later declaration
void combined.send({ name: "replaced", data: { old: true } });

interface Declared {
  "x/y": { data: { x: number } };
}
// an interface is accepted as well as a type
void new Stepwright({ id: "i", schemas: new EventSchemas().fromRecord<Declared>() }).send({
  name: "x/y",
  data: { x: 1 },
});
