import { describe, expect, test } from "vitest";
import { z } from "zod";
import * as z3 from "zod/v3";
import { Stepwright } from "./client.js";
import { EventSchemas } from "./event-schemas.js";
import { eventType, invoke, staticSchema } from "./event-type.js";
import { validateEventData } from "./schemas.js";

describe("EventSchemas", () => {
  test("keeps the schemas of every form, later ones in place of earlier", () => {
    const late = z.object({ late: z.string() });
    const schemas = new EventSchemas()
      .fromRecord<{ typed: { data: { a: 1 } } }>()
      .fromZod({ a: { data: z.object({ a: z.string() }) }, b: { data: z3.object({ b: z3.number() }) } })
      .fromZod([z3.object({ name: z3.literal("c"), data: z3.object({ c: z3.string() }) })])
      .fromZod([z.object({ name: z.literal("d"), data: z.object({ d: z.string() }) })])
      .fromSchema({ a: late, ["__proto__"]: late });
    expect([...schemas.runtimeSchemas.keys()].sort()).toEqual(["__proto__", "a", "b", "c", "d"]);
    expect(schemas.runtimeSchemas.get("a")).toBe(late);
  });

  test("adding to one leaves it as it was", () => {
    const first = new EventSchemas();
    first.fromSchema({ a: z.object({}) });
    expect(first.runtimeSchemas.size).toBe(0);
  });
});

describe("validateEventData", () => {
  const client = new Stepwright({
    id: "shop",
    schemas: new EventSchemas().fromSchema({ "a/b": z.object({ n: z.number() }) }),
  });
  const typed = eventType("t/u", { schema: z.object({ s: z.string() }) });
  const plain = new Stepwright({ id: "plain" });

  test("uses what the client declares", async () => {
    const fn = client.createFunction({ id: "f" }, { event: "a/b" }, () => {});
    expect(await validateEventData(fn, "a/b", { n: 1 })).toEqual({ ok: true });
    expect(await validateEventData(fn, "a/b", { n: "1" })).toMatchObject({ ok: false, issues: [{ path: ["n"] }] });
    expect(await validateEventData(fn, "else", { n: "1" })).toEqual({ ok: true });
  });

  test.each([
    ["an event type", [typed]],
    ["a trigger with one", [{ event: typed, if: "true" }]],
    ["a spread one", [{ ...typed, if: "true" }]],
  ])("uses %s", async (_, triggers) => {
    const fn = plain.createFunction({ id: "f", triggers }, () => {});
    expect(await validateEventData(fn, "t/u", { s: "" })).toEqual({ ok: true });
    expect(await validateEventData(fn, "t/u", {})).toMatchObject({ ok: false });
  });

  test("matches wildcards and invocations, and one of several schemas is enough", async () => {
    const schema = z.object({ n: z.number() });
    const fn = plain.createFunction(
      { id: "f", triggers: [eventType("t/*", { schema }), typed, invoke(schema)] },
      () => {},
    );
    expect(await validateEventData(fn, "t/x", { s: "" })).toMatchObject({ ok: false });
    expect(await validateEventData(fn, "t/u", { s: "" })).toEqual({ ok: true });
    expect(await validateEventData(fn, "inngest/function.invoked", {})).toMatchObject({ ok: false });
  });

  test("a type alone checks nothing", async () => {
    const fn = plain.createFunction(
      { id: "f", triggers: [eventType("s", { schema: staticSchema<{ a: 1 }>() })] },
      () => {},
    );
    expect(await validateEventData(fn, "s", { a: 2 })).toEqual({ ok: true });
  });
});
