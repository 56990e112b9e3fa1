import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRich, writeRich } from "./rich-json.js";

const through = (value: unknown): unknown => readRich(writeRich(value));

describe("rich JSON", () => {
  it("keeps what JSON cannot say", () => {
    const value = {
      date: new Date(1),
      invalid: new Date(Number.NaN),
      big: -(2n ** 64n),
      map: new Map<unknown, unknown>([[new Date(2), new Set([1n, "a"])]]),
      url: new URL("https://example.com/"),
      bytes: new Uint8Array([1, 2, 255]),
    };
    expect(through(value)).toEqual(value);
    expect(through(Buffer.from("ab"))).toEqual(new Uint8Array([97, 98]));
  });

  it("leaves plain data as plain JSON", () => {
    expect(writeRich({ a: [1, "b", null, undefined], c: undefined })).toBe('{"a":[1,"b",null,null]}');
    expect(writeRich(undefined)).toBe("null");
  });

  it("takes no data for its own tags", () => {
    const faked = { $date: "2026-01-01", nested: [{ $map: [] }, { $plain: { $bigint: "1" } }] };
    expect(through(faked)).toEqual(faked);
    expect(through([faked, 1n])).toEqual([faked, 1n]);
    expect(readRich('{"$date":"2026-01-01"}')).toEqual({ $date: "2026-01-01" });
  });

  it("treats `__proto__` as a name like any other", () => {
    const hostile = JSON.parse('{"a":{"__proto__":{"polluted":{"deep":[1]}}}}');
    const kept = through([hostile, new Date(0)]) as [{ a: object }, Date];
    expect(Object.keys(kept[0].a)).toEqual(["__proto__"]);
    expect("polluted" in kept[0].a).toBe(false);
  });

  it("honours toJSON and refuses what refers to itself", () => {
    expect(through({ a: { toJSON: () => 5n } })).toEqual({ a: 5n });
    const circle: Record<string, unknown> = { at: new Date() };
    circle["self"] = circle;
    expect(() => writeRich(circle)).toThrow("it refers to itself");
  });

  it("gives back any JSON beside a rich value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const kept = through([value, 1n]) as [unknown, bigint];
        expect(JSON.stringify(kept[0])).toBe(JSON.stringify(value));
      }),
    );
  });
});
