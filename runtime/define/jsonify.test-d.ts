import type { Equal, Expect } from "./expect-type.test-d.js";
import type { EmptyObject, JsonResult, Jsonify } from "./jsonify.js";

interface User {
  id: string;
  createdAt: Date;
  nickname?: string;
  deletedAt: Date | undefined;
  greet(): string;
  [Symbol.iterator]: () => string;
}

interface Node {
  value: number;
  children: Node[];
  parent?: Node;
}

declare enum Status {
  Open = "open",
  Closed = "closed",
}
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type Brand = string & { readonly __brand: "UserId" };
class Money {
  #currency = "EUR";
  constructor(readonly amount: number) {}
  toJSON(): { amount: number; at: Date } {
    return { amount: this.amount, at: new Date(this.#currency) };
  }
}

export type Cases = [
  Expect<Equal<Jsonify<string>, string>>,
  Expect<Equal<Jsonify<"a" | 1 | true | null>, "a" | 1 | true | null>>,
  Expect<Equal<Jsonify<any>, any>>,
  Expect<Equal<Jsonify<unknown>, unknown>>,
  Expect<Equal<Jsonify<Date>, string>>,
  Expect<Equal<Jsonify<Status>, Status>>,
  Expect<Equal<Jsonify<Brand>, Brand>>,
  Expect<Equal<Jsonify<{ at: Date }>, { at: string }>>,
  Expect<Equal<Jsonify<{ readonly a: 1; b?: 2 }>, { readonly a: 1; b?: 2 }>>,
  Expect<Equal<Jsonify<{ a: number | undefined }>, { a?: number }>>,
  Expect<Equal<Jsonify<User>, { id: string; createdAt: string; nickname?: string; deletedAt?: string }>>,
  Expect<Equal<Jsonify<{ f: () => void; s: symbol; u: undefined; k: number }>, { k: number }>>,
  Expect<Equal<Jsonify<{ x: any; y: unknown }>, { x: any; y: unknown }>>,
  Expect<Equal<Jsonify<Map<string, number>>, EmptyObject>>,
  Expect<Equal<Jsonify<Set<number>>, EmptyObject>>,
  Expect<Equal<Jsonify<[Date, number | undefined]>, [string, number | null]>>,
  Expect<Equal<Jsonify<readonly Date[]>, string[]>>,
  Expect<Equal<Jsonify<(() => void)[]>, null[]>>,
  Expect<Equal<Jsonify<Record<string, Date>>, Record<string, string>>>,
  Expect<Equal<Jsonify<{ kind: "a"; at: Date } | { kind: "b" }>, { kind: "a"; at: string } | { kind: "b" }>>,
  Expect<Equal<Jsonify<Money>, { amount: number; at: string }>>,
  Expect<Equal<Jsonify<Buffer>, { type: "Buffer"; data: number[] }>>,
  Expect<Equal<Jsonify<Jsonify<User>>, Jsonify<User>>>,
  Expect<Equal<JsonResult<void>, null>>,
  Expect<Equal<JsonResult<undefined>, null>>,
  Expect<Equal<JsonResult<never>, null>>,
  Expect<Equal<JsonResult<User | undefined>, Jsonify<User> | null>>,
  Expect<Equal<JsonResult<() => void>, null>>,
  Expect<Equal<JsonResult<any>, any>>,
];

// recursive types end, and JSON stays JSON
declare const node: Jsonify<Node>;
export const grandchild: number = node.children[0]!.children[0]!.value;
declare const json: Jsonify<Json>;
export const same: Json = json;
