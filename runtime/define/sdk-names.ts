/** Types under the names that the SDK gives them, for applications that mention them. */
import type { HandlerContext, Stepwright } from "./client.js";
import type { ClientOptionsFromInngest } from "./client-types.js";
import type { AnyEvents } from "./event-map.js";
import type { FunctionContext } from "./context.js";
import type { FunctionDefinition } from "./function-definition.js";
import type { FunctionOptions } from "./function-options.js";
import type { FunctionReference } from "./function-reference.js";
import type { StepTools } from "./step-tools.js";
import type { Trigger as TriggerOf } from "./triggers.js";

/** A handler's argument: v3 `Context<Client, EventName, Additions>`, v4 `Context<Client, Additions>`. */
export type Context<C extends Stepwright.Any = Stepwright.Any, N = any, Added = {}> = [N] extends [string]
  ? HandlerContext<ClientOptionsFromInngest<C>, N extends string ? { event: N } : never, []> & Added
  : HandlerContext<ClientOptionsFromInngest<C>, { event: string }, []> & (0 extends 1 & N ? {} : N);

export declare namespace Context {
  export type Any = FunctionContext<any, StepTools<AnyEvents>>;
}

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
