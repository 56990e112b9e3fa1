/** Types under the names that the SDK gives them, for applications that mention them. */
import type { HandlerContext, Stepwright } from "./client.js";
import type { ClientOptionsFromInngest } from "./client-types.js";
import type { AnyEvents } from "./event-map.js";
import type { FunctionContext } from "./context.js";
import type { FunctionDefinition } from "./function-definition.js";
import type { FunctionOptions } from "./function-options.js";
import type { FunctionReference } from "./function-reference.js";
import type { StepTools } from "./step-tools.js";
import type { DurationLike } from "./time.js";
import type { Trigger as TriggerOf } from "./triggers.js";

/** A handler's argument: v3 `Context<Client, EventName, Additions>`, v4 `Context<Client, Additions>`. */
export type Context<C extends Stepwright.Any = Stepwright.Any, N = any, Added = {}> = [N] extends [string]
  ? HandlerContext<ClientOptionsFromInngest<C>, N extends string ? { event: N } : never, []> & Added
  : HandlerContext<ClientOptionsFromInngest<C>, { event: string }, []> & (0 extends 1 & N ? {} : N);

export declare namespace Context {
  export type Any = FunctionContext<any, StepTools<AnyEvents>>;
}

export type BaseContext<C extends Stepwright.Any = Stepwright.Any> = Context<C>;

/** A function's handler. */
export type Handler<C extends Stepwright.Any = Stepwright.Any, N = any, Added = {}> = (
  context: Context<C, N, Added>,
) => unknown;

export declare namespace Handler {
  export type Any = (context: any) => unknown;
}

export type InngestFunction<Event = any, Result = any> = FunctionDefinition<Event, Result>;

export declare namespace InngestFunction {
  export type Any = FunctionDefinition<any, any>;
  export interface Like {
    readonly [Symbol.toStringTag]: "Inngest.Function";
  }
  export type Options = FunctionOptions;
  export type Trigger<_Name extends string = string> = TriggerOf<AnyEvents>;
}

export type InngestFunctionReference<Data = any, Result = any> = FunctionReference<Data, Result>;

export declare namespace InngestFunctionReference {
  export type Any = FunctionReference<any, any>;
  export interface Like {
    readonly [Symbol.toStringTag]: "Inngest.FunctionReference";
  }
}

export type MaybePromise<T> = T | Promise<T>;
export type DurationInput = number | string | DurationLike;
export type IsStringLiteral<T extends string> = string extends T ? false : true;
export type UnionKeys<T> = T extends T ? keyof T : never;
export type StrictUnionHelper<T, All> = T extends unknown
  ? T & Partial<Record<Exclude<UnionKeys<All>, keyof T>, never>>
  : never;
/** A union of which each member forbids the others' properties. */
export type StrictUnion<T> = StrictUnionHelper<T, T>;
/** `T` with one of the two properties. */
export type ExclusiveKeys<T, A extends keyof T, B extends keyof T> =
  (Omit<T, A> & { [K in A]?: never }) | (Omit<T, B> & { [K in B]?: never });
