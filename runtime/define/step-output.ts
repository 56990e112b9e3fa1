import type { AnyEvents } from "./event-map.js";
import type { Resolved } from "./jsonify.js";
import type { Middleware } from "./middleware.js";
import type { StepOptionsOrId } from "./step-options.js";
import type { StepRunContext, StepTools } from "./step-tools.js";

/** How one middleware declares that results of steps change: what it says of `T`, or `T` itself. */
type Declared<M, T> = M extends abstract new (...args: any[]) => {
  stepOutputTransform: infer X extends Middleware.StaticTransform;
}
  ? (X & { In: T })["Out"]
  : T;

/** The last middleware is the innermost: it is the first to change a result. */
type Output<List, T> = List extends readonly [...infer Rest, infer Last] ? Output<Rest, Declared<Last, T>> : T;

/** What JSON does not keep: a declaration that is not JSON's own says something else of one of them. */
interface Probe {
  date: Date;
  map: Map<string, string>;
  big: bigint;
}
type IsJson<M> = Probe[keyof Probe] extends infer P ? (P extends unknown ? Same<Declared<M, P>, P> : never) : never;
type Same<Out, P> = [Out] extends [Declared<typeof Middleware.BaseMiddleware, P>]
  ? [Declared<typeof Middleware.BaseMiddleware, P>] extends [Out]
    ? never
    : true
  : true;

/** True where a class of the list declares a `stepOutputTransform` of its own. */
type Changes<List> = List extends readonly [infer First, ...infer Rest]
  ? First extends abstract new (...args: any[]) => { stepOutputTransform: unknown }
    ? [IsJson<First>] extends [never]
      ? Changes<Rest>
      : true
    : Changes<Rest>
  : false;

interface TransformedRun<List> {
  <T = any>(id: StepOptionsOrId, fn: (context: StepRunContext) => T): Promise<Output<List, Resolved<T>>>;
  <A extends readonly unknown[], T = any>(
    id: StepOptionsOrId,
    fn: (...input: A) => T,
    ...input: A
  ): Promise<Output<List, Resolved<T>>>;
}

interface TransformedSteps<Events, List> extends Omit<StepTools<Events>, "run"> {
  run: TransformedRun<List>;
}

/** The tools of its own that one middleware puts beside those of `step`. */
type AddedTools<M> = M extends abstract new (...args: any[]) => { transformFunctionInput?(args: any): infer R }
  ? Awaited<R> extends { ctx: { step: infer S } }
    ? 0 extends 1 & S
      ? {}
      : Omit<S, keyof StepTools<AnyEvents>>
    : {}
  : {};

type Added<List> = List extends readonly [infer First, ...infer Rest] ? AddedTools<First> & Added<Rest> : {};

/** The steps of a function with that middleware: the plain ones where no class adds to them or says how results change. */
export type StepToolsWith<Events, List> = [keyof Added<List>] extends [never]
  ? Transformed<Events, List>
  : Transformed<Events, List> & Added<List>;

type Transformed<Events, List> = Changes<List> extends true ? TransformedSteps<Events, List> : StepTools<Events>;
