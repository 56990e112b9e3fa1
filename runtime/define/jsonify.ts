/**
 * What a value is after `JSON.parse(JSON.stringify(value))`: the form in which a step's result and a function's result
 * come back. `Date` becomes string, functions and symbols disappear, `Map` and `Set` become `{}`, `toJSON` is honoured;
 * `any` and `unknown` stay.
 *
 * The order of the cases is a measured choice: primitives leave first, because they are what most fields are.
 */
export type Jsonify<T> = 0 extends 1 & T ? any : unknown extends T ? unknown : JsonForm<T>;

/**
 * `Jsonify` of what a callback or handler returned: no value at all comes back as null. Most results are JSON as they stand, and one
 * comparison tells so (`any` passes it): that is a fifth less work for an application than to write each anew, and an editor shows the
 * type under its own name.
 */
export type JsonResult<T> = [T] extends [PlainJson]
  ? [T] extends [never]
    ? null
    : T
  : unknown extends T
    ? unknown
    : ResultForm<T>;

/** What JSON changes nothing of. Interfaces and classes are not assignable to it: what they have besides is not known. */
type PlainJson = string | number | boolean | null | PlainJson[] | { [key: string]: PlainJson };

type ResultForm<T> = T extends void | symbol | NotJson ? null : JsonForm<T>;

// `Function` and not a call signature: classes and overloaded functions are meant too.
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type
type NotJson = Function | undefined | symbol;

type JsonForm<T> = T extends string | number | boolean | null
  ? T
  : T extends NotJson
    ? never
    : [keyof T & SpecialKey] extends [never]
      ? T extends object
        ? JsonObject<T>
        : never
      : SpecialForm<T>;

/** An object with none of these keys is written field by field: most are, and need no comparison with the special ones. */
type SpecialKey = "toJSON" | "length" | "size" | "byteLength";

type SpecialForm<T> = T extends { toJSON(...args: never[]): infer J }
  ? Jsonify<J>
  : T extends readonly unknown[]
    ? JsonArray<T>
    : T extends ReadonlyMap<any, any> | ReadonlySet<any>
      ? EmptyObject
      : T extends ArrayBufferView
        ? Record<string, number>
        : T extends object
          ? JsonObject<T>
          : never;

/** What a promise resolves to. Most are plain promises, for which this is much less work than `Awaited`. */
export type Resolved<T> = 0 extends 1 & T ? any : T extends Promise<infer V> ? V : Awaited<T>;

/** What `Map` and `Set` become. */
export type EmptyObject = { readonly [key: string]: never };

/**
 * A tuple keeps its places. An array is written as `X[]`, which the compiler resolves only when it is looked into: a
 * recursive type such as `Json = string | Json[]` ends.
 */
type JsonArray<T extends readonly unknown[]> = number extends T["length"]
  ? JsonElement<T[number]>[]
  : { -readonly [I in keyof T]: JsonElement<T[I]> };
type JsonElement<T> = 0 extends 1 & T ? any : unknown extends T ? unknown : T extends NotJson ? null : JsonForm<T>;

/**
 * Most objects have no property that may be undefined and take the first, one-pass form. In the second, a property
 * that may be undefined becomes optional, since JSON leaves it out.
 */
type JsonObject<T extends object> = undefined extends T[keyof T]
  ? Flat<
      { [K in keyof T as KeyUnlessUndefined<K, T[K]>]: Jsonify<T[K]> } & {
        [K in keyof T as KeyIfUndefined<K, T[K]>]?: JsonForm<T[K]>;
      }
    >
  : { [K in keyof T as JsonKey<K, T[K]>]: Jsonify<T[K]> };

type JsonKey<K, V> = K extends symbol ? never : [V] extends [NotJson] ? ([V] extends [never] ? K : never) : K;
type KeyUnlessUndefined<K, V> = unknown extends V ? Exclude<K, symbol> : undefined extends V ? never : JsonKey<K, V>;
type KeyIfUndefined<K, V> = unknown extends V ? never : undefined extends V ? JsonKey<K, V> : never;
type Flat<T> = { [K in keyof T]: T[K] };
