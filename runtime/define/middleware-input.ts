import { readBrand } from "./brand.js";
import type { InngestMiddleware } from "./legacy-middleware.js";
import type { Middleware } from "./middleware.js";

/** Middleware of either form: SDK v3's objects, SDK v4's classes. */
export type MiddlewareInput = InngestMiddleware.Like | Middleware.Class;

/** What one middleware adds to the handler's context. */
type AdditionOf<M> = M extends abstract new (...args: any[]) => infer I
  ? I extends { transformFunctionInput?(arg: any): infer R }
    ? CtxOf<Awaited<R>> extends infer C
      ? Omit<C, keyof Middleware.RunContext>
      : {}
    : {}
  : M extends InngestMiddleware<infer O>
    ? LegacyAddition<O>
    : {};

type CtxOf<R> = R extends { ctx: infer C } ? (0 extends 1 & C ? {} : C) : {};

type LegacyAddition<O> = O extends { init: (...args: any[]) => infer I }
  ? Awaited<I> extends { onFunctionRun?: (...args: any[]) => infer H }
    ? Awaited<H> extends { transformInput?: (...args: any[]) => infer T }
      ? CtxOf<Exclude<Awaited<T>, void | undefined>>
      : {}
    : {}
  : {};

/** What a list of middleware adds to the handler's context; `{}` for none. Lists are short, so this may recurse. */
export type ContextAdditions<List> = List extends readonly [infer First, ...infer Rest]
  ? Rest extends readonly []
    ? AdditionOf<First>
    : AdditionOf<First> & ContextAdditions<Rest>
  : {};

/** True for middleware of either form, made by this or another copy of the package. */
export function isMiddleware(value: unknown): value is MiddlewareInput {
  const prototype: unknown = typeof value === "function" ? value.prototype : value;
  return readBrand(prototype, "middleware") === true;
}
