import type { EventMeta } from "./event-payload.js";
import type { FunctionDefinition } from "./function-definition.js";
import type { FunctionReference } from "./function-reference.js";
import type { InvokedName, TimerName } from "./internal-events.js";
import type { JsonResult, Resolved } from "./jsonify.js";
import type { RichResult, RichReturn } from "./rich.js";
import type { Timeout } from "./time.js";

/** What `step.invoke` can call: a function, a reference to one, or `"<app>-<function>"`. */
export type InvokeTarget = FunctionDefinition | FunctionReference | string;

/** The data of the events by which a function can be invoked; never where a cron alone starts it. */
type InvokableData<E> = 0 extends 1 & E
  ? any
  : E extends { name: infer N; data: infer D }
    ? TimerName extends N
      ? string extends N
        ? D
        : never
      : InvokedName extends N
        ? D
        : never
    : never;

export type InvokeData<F> =
  F extends FunctionDefinition<infer E, any> ? InvokableData<E> : F extends FunctionReference<infer D, any> ? D : any;

interface InvokeBase<F> {
  function: F;
  user?: any;
  v?: string;
  meta?: EventMeta;
  /** How long to wait for the result; the step fails then, the invoked run goes on. */
  timeout?: Timeout;
  /** Cancels the invoked run when this one is cancelled while it waits; else the invoked run goes on. */
  cancelChildren?: boolean;
}
interface InvokeWithData<F, D> extends InvokeBase<F> {
  data: D;
}
interface InvokeLoosely<F> extends InvokeBase<F> {
  data?: Record<string, any>;
}

export type InvokeOptions<F> = InvokeOptionsFor<F, InvokeData<F>>;
type InvokeOptionsFor<F, D> = 0 extends 1 & D
  ? InvokeLoosely<F>
  : [D] extends [never]
    ? InvokeLoosely<F>
    : InvokeWithData<F, D>;

/** What the function returned, as JSON. */
export type ResultOf<F> = 0 extends 1 & F
  ? any
  : F extends FunctionDefinition<any, infer R>
    ? Resolved<R>
    : F extends FunctionReference<any, infer R>
      ? R
      : unknown;

export type InvokeResult<F> = ResultForm<ResultOf<F>>;

type ResultForm<R> = 0 extends 1 & R ? any : R extends RichReturn<infer V> ? RichResult<Resolved<V>> : JsonResult<R>;
