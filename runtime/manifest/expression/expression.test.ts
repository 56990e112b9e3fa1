import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historySettings } from "../../testing/histories.js";
import { compileExpression, compileMatch, interpretSource } from "./compile-expression.js";
import { ExpressionError } from "./expression-error.js";
import { ExpressionLibrary } from "./expression-library.js";
import type { CompiledExpression } from "./interpret-expression.js";

const now = Date.parse("2026-01-10T12:00:00Z");
const roles = { async: true };

const event = {
  name: "order/placed",
  ts: now,
  data: {
    total: 150,
    price: 1.5,
    id: "o1",
    empty: "",
    none: null,
    tags: ["a", "b"],
    items: [
      { sku: "x", price: 5 },
      { sku: "y", price: 50 },
    ],
    "odd key": 1,
    due: "2026-01-11T00:00:00Z",
    json: '{"a":[1]}',
    encoded: "aGVsbG8=",
    nested: { deep: { value: true } },
    ["constructor"]: "own",
  },
};
const async = { name: "order/paid", data: { id: "o1", total: 150.0 } };

function lowered(source: string): CompiledExpression {
  const compiled = compileExpression(source, roles);
  if (!compiled.ok) throw new Error(`${source}: ${compiled.message}`);
  // What the bundle of an application has as text, run here the way it will be run there.
  return new Function("event", "async", "$", `return ${compiled.value.js}`) as CompiledExpression;
}

function interpreted(source: string): CompiledExpression {
  const compiled = interpretSource(source, roles);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.value;
}

type Outcome = { value: unknown } | { error: string };
function run(expression: CompiledExpression, given: unknown = event): Outcome {
  try {
    return { value: expression(given, async, new ExpressionLibrary(now)) };
  } catch (error) {
    if (error instanceof ExpressionError) return { error: error.message };
    throw error;
  }
}

function evaluate(source: string): unknown {
  const outcome = run(lowered(source));
  expect(run(interpreted(source))).toEqual(outcome);
  if ("error" in outcome) throw new ExpressionError(outcome.error);
  return outcome.value;
}

describe("values", () => {
  it.each<[string, unknown]>([
    ["event.data.total > 100", true],
    ["event.data.total >= 150 && event.data.price < 2", true],
    ["event.data.total == 150.0", true],
    ["event.data.missing == null", true],
    ["event.data.missing.deeper.still", null],
    ["event.data.missing > 100", false],
    ["event.data.missing < 100", true],
    ["event.data.none == null", true],
    ["event.data.id == async.data.id", true],
    ["event.data.total == '150'", false],
    ["event.data['odd key']", 1],
    ["event.data.tags[1]", "b"],
    ["event.data.tags[9]", null],
    ["'b' in event.data.tags", true],
    ["'id' in event.data", true],
    ["'a' in event.data.missing", false],
    ["event.data.id + '-' + event.data.total", "o1-150"],
    ["event.data.id + event.data.missing", "o1"],
    ["event.data.missing || 'fallback'", "fallback"],
    ["event.data.empty || event.data.id", "o1"],
    ["event.data.total && event.data.id", "o1"],
    ["!event.data.missing", true],
    ["event.data.total > 100 ? 'big' : 'small'", "big"],
    ["7 / 2", 3],
    ["-7 / 2", -3],
    ["event.data.total / 4", 37.5],
    ["7 % 3 * 2 - 1", 1],
    ["1 + 2 * 3", 7],
    ["0x1F", 31],
    ["size(event.data.tags) + size('häß') + size(event.data.missing)", 5],
    ["event.data.id.startsWith('o') && event.data.id.endsWith('1') && event.data.id.contains('1')", true],
    ["event.data.id.matches('^O[0-9]$')", false],
    ["event.data.id.matches('(?i)^O[0-9]$')", true],
    ["event.data.missing.contains('a')", null],
    ["event.data.items.all(i, i.price > 1)", true],
    ["event.data.items.exists(i, i.price > 40)", true],
    ["event.data.items.exists_one(i, i.price > 1)", false],
    ["event.data.items.filter(i, i.price > 40).map(i, i.sku)", ["y"]],
    ["event.data.items.map(i, i.price > 40, i.sku)", ["y"]],
    [
      "event.data.items.map(delete, event.data.tags.map(event, event + delete.sku))",
      [
        ["ax", "bx"],
        ["ay", "by"],
      ],
    ],
    ["event.data.missing.all(i, i > 1)", true],
    ["cel.bind(x, event.data.total, x + x)", 300],
    ["has(event.data.id) && !has(event.data.missing)", true],
    ["has(event.data.none)", true],
    ["lowercase('ABC') + uppercase('d')", "abcD"],
    ["b64decode(event.data.encoded)", "hello"],
    ["json_parse(event.data.json).a[0]", 1],
    ["date(event.data.due) > now()", true],
    ["date(event.data.due) < now_plus('2 days')", true],
    ["event.ts > now_minus('1h')", true],
    ["date('2026-03-01') - date('2026-02-01') == duration('28d')", true],
    ["date(1767225600) == date('2026-01-01')", true],
    ["date(event.data.due).getHours('Europe/Berlin')", 1],
    ["date(event.data.due).getMonth()", 0],
    ["timestamp('2026-01-01T00:00:00Z').getDayOfWeek()", 4],
    ["duration('1h30m').getMinutes()", 90],
    ["int('12') + int(3.9)", 15],
    ["string(1.5) + string(true)", "1.5true"],
    ["double('1.5') * 2", 3],
    ["type(1) == int && type('a') == string && type(event.data) == map", true],
    ["{'a': 1, 'b': [1, 2]}.b[1]", 2],
    ["[1, 2] + [3] == [1, 2, 3]", true],
    ["b'ab' == bytes('ab')", true],
    ["1 / 0 > 1 || true", true],
    ["false && 1 / 0 > 1", false],
    ["1 / 0 > 1 && false", false],
    ["event.data.__proto__", null],
    ["event.data.toString", null],
    ["event.data.constructor", "own"],
    ["event.data.tags.length", null],
    ["event.data['__proto__']", null],
  ])("%s", (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it.each([
    ["1 / 0", /division by zero/],
    ["'a' < 1", /a string and a int cannot be ordered/],
    ["event.data.total - event.data.id", /`-` does not take/],
    ["json_parse('{')", /not JSON/],
    ["date('soon')", /not a date/],
    ["1 / 0 > 1 || false", /division by zero/],
    ["event.data.total in event.data.id", /`in` looks into/],
  ])("%s has no value", (source, message) => {
    expect(() => evaluate(source)).toThrow(message);
  });
});

describe("problems", () => {
  it.each([
    ["event.data.x ==", /unexpected token/],
    ["", /is empty/],
    ["event.data.x === 1", /./],
    ["data.x > 1", /`data` is not a variable/],
    ["evnt.data.x > 1", /`evnt` is not a variable/],
    ["foo(event.data.x)", /`foo` is not a function/],
    ["size()", /`size` takes 1 argument, not 0/],
    ["event.data.x.upper()", /`upper` is not a function/],
    ["event.data.x.all(y > 1)", /`all` takes a variable/],
    ["has(event)", /`has` takes one field/],
    ["event.data.items.all(i, j > 1)", /`j` is not a variable/],
    ["event.data.x.matches('(')", /not a regular expression/],
    ["startsWith(event.data.x, 'a')", /`startsWith` is not a function/],
  ])("%s", (source, message) => {
    const compiled = compileExpression(source, { async: false });
    expect(compiled.ok).toBe(false);
    if (!compiled.ok) expect(compiled.message).toMatch(message);
  });

  it("knows `async` only where there is one", () => {
    const compiled = compileExpression("event.data.x == async.data.x", { async: false });
    expect(compiled).toMatchObject({ ok: false, position: 16 });
  });
});

describe("equality keys", () => {
  it.each([
    ["event.data.id == async.data.id", { left: ["data", "id"], right: ["data", "id"], only: true }],
    ["async.data.order.id == event.data.id", { left: ["data", "id"], right: ["data", "order", "id"], only: true }],
    [
      "async.data.total > 1 && event.data['id'] == async.data.id",
      { left: ["data", "id"], right: ["data", "id"], only: false },
    ],
    ["event.data.id == async.data.id || true", undefined],
    ["async.data.x == 'constant'", undefined],
    ["event == async", undefined],
    ["event.data.id != async.data.id", undefined],
  ])("%s", (source, expected) => {
    const compiled = compileExpression(source, roles);
    expect(compiled.ok && compiled.value.equality).toEqual(expected);
  });

  it("makes one of `match`", () => {
    expect(compileMatch("data.orderId")).toMatchObject({
      ok: true,
      value: { source: "event.data.orderId == async.data.orderId", equality: { only: true } },
    });
    expect(compileMatch("data.x || true").ok).toBe(false);
    expect(compileMatch("data.items[0] || true").ok).toBe(false);
  });

  it("takes elements of lists and maps in `match`", () => {
    const listed = compileMatch("data.items[0].id");
    expect(listed).toMatchObject({
      ok: true,
      value: { source: "event.data.items[0].id == async.data.items[0].id" },
    });
    // An index answers fields; an element of a list is compared when the event is there.
    expect(listed.ok && listed.value.equality).toBeUndefined();
    expect(compileMatch('data["order id"]')).toMatchObject({
      ok: true,
      value: { equality: { left: ["data", "order id"], right: ["data", "order id"], only: true } },
    });
    const matches = interpreted("event.data.items[0].id == async.data.items[0].id");
    const library = new ExpressionLibrary(now);
    const order = { data: { items: [{ id: "a" }] } };
    expect(matches(order, { data: { items: [{ id: "a" }] } }, library)).toBe(true);
    expect(matches(order, { data: { items: [{ id: "b" }] } }, library)).toBe(false);
    expect(matches(order, { data: {} }, library)).toBe(false);
  });
});

const leaf = fc.constantFrom(
  "event.data.a",
  "event.data.b",
  "event.data.c.d",
  "async.data.id",
  "event.data.list",
  "event.data.missing",
  "1",
  "2.5",
  "-3",
  "0",
  "'a'",
  "''",
  "true",
  "null",
  "[1, 'a']",
  "{'k': 1}",
  "now()",
  "duration('1m')",
  "b'a'",
);
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const sub = tie("expression");
  const binary = fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "in");
  const macro = fc.constantFrom("all", "exists", "exists_one", "filter", "map");
  return {
    expression: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.tuple(sub, binary, sub).map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      sub.map((value) => `!(${value})`),
      sub.map((value) => `-(${value})`),
      fc.tuple(sub, sub, sub).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
      fc.tuple(macro, sub).map(([name, body]) => `event.data.list.${name}(x, (x == 1) || ${body})`),
      fc.tuple(sub, sub).map(([value, body]) => `cel.bind(y, ${value}, [y, ${body}])`),
      fc.tuple(sub, sub).map(([list, index]) => `(${list})[${index}]`),
      fc
        .tuple(fc.constantFrom("size", "string", "int", "type", "bool", "dyn"), sub)
        .map(([name, value]) => `${name}(${value})`),
      fc
        .tuple(sub, fc.constantFrom("contains", "startsWith"), sub)
        .map(([value, name, part]) => `(${value}).${name}(${part})`),
      sub.map((value) => `has((${value}).a)`),
    ),
  };
});

it("means the same lowered and interpreted", () => {
  fc.assert(
    fc.property(expression, fc.record({ a: fc.jsonValue(), b: fc.jsonValue(), c: fc.jsonValue() }), (source, data) => {
      const given = { name: "e", data: { ...data, list: [1, "a", null, { a: 1 }] } };
      const compiled = compileExpression(source, roles);
      // Division by a literal, nesting depth: what the parser refuses is no expression.
      if (!compiled.ok) return;
      expect(run(interpreted(source), given)).toEqual(run(lowered(source), given));
    }),
    historySettings("expressions"),
  );
});
