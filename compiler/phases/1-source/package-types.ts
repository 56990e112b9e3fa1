/** Where the program sees the types below; not a file. */
export const packageTypesPath = "/node_modules/.stepwright-types/index.d.ts";

/**
 * The package's types as the compiler itself sees them, whatever is installed. The published types make mistakes
 * visible to an author and are costly to check: with those of the SDK a program of 1,000 functions takes four fifths
 * of its time in inferring `createFunction`. Here only what gives the values in a handler their types is left, and
 * nothing is ever an error. It also makes an application readable when nothing is installed.
 */
export const packageTypesText = `
export type Json<T> = 0 extends 1 & T ? any
  : T extends string | number | boolean | null | undefined ? T
  : T extends { toJSON(): infer J } ? J
  : T extends bigint | symbol | ((...args: never[]) => unknown) ? never
  : T extends object ? { [K in keyof T]: Json<T[K]> }
  : any;
type SchemaOutput<S> = S extends { "~standard": { types?: infer Y } }
  ? NonNullable<Y> extends { output: infer O } ? O : any
  : S extends { _output: infer O } ? O : any;
type SchemaEvents<T> = { [K in keyof T]: { data: T[K] extends { data: infer D } ? SchemaOutput<D> : SchemaOutput<T[K]> } };
type UnionEvents<T> = T extends { name: infer N } ? { [K in N & string]: T } : {};
type Both<U> = (U extends unknown ? (value: U) => void : never) extends (value: infer I) => void ? I : never;

export interface Received<N, D> {
  name: N; data: D; id: string; ts: number; v?: string; user?: any;
}
type EventNamed<S, N> = N extends keyof S
  ? S[N] extends { data: infer D } ? Received<N, D> : Received<N, any>
  : Received<N, any>;
type TriggerEvent<S, T> = T extends readonly (infer U)[] ? TriggerEvent<S, U>
  : T extends EventType<infer N, infer D> ? Received<N, D>
  : T extends { event: infer N } ? N extends EventType<infer M, infer D> ? Received<M, D> : EventNamed<S, N>
  : T extends { cron: string } ? Received<"inngest/scheduled.timer", { cron: string }>
  : any;
type WaitedEvent<S, E> = E extends EventType<infer N, infer D> ? Received<N, D> : EventNamed<S, E>;

export interface StepTools<S = any> {
  run<A extends any[], R>(id: any, fn: (...args: A) => R, ...input: any[]): Promise<Json<Awaited<R>>>;
  sleep(id: any, time: any): Promise<void>;
  sleepUntil(id: any, time: any): Promise<void>;
  waitForEvent<const E>(id: any, options: { event: E; [name: string]: any }): Promise<WaitedEvent<S, E> | null>;
  waitForSignal(id: any, options: any): Promise<any>;
  sendSignal(id: any, options: any): Promise<any>;
  invoke(id: any, options: any): Promise<any>;
  sendEvent(id: any, event: any): Promise<{ ids: string[] }>;
  fetch(...args: any[]): Promise<any>;
  ai: any;
  realtime: any;
  attempt: any;
  [name: string]: any;
}
export interface Context<S = any, E = any> {
  event: E; events: E[]; runId: string; attempt: number; maxAttempts?: number;
  step: StepTools<S>; group: any; logger: any; signal: any; error: Error;
  [name: string]: any;
}
export interface EventType<N, D> {
  readonly name: N; readonly event: N; readonly __data?: D; schema: any; version?: string;
  create(data?: any, options?: any): any;
}
export declare const EventType: any;
export declare function eventType<const N, S = undefined>(name: N, options?: { schema?: S; version?: string }): EventType<N, S extends undefined ? any : SchemaOutput<S>>;
export declare function staticSchema<T>(): { "~standard": { types?: { input: T; output: T } } };
export declare function cron(expression: string, options?: any): { cron: string };
export declare function invoke<S>(schema: S): EventType<"inngest/function.invoked", SchemaOutput<S>>;
export declare function createDefer(client: any, options: any, handler: (context: Context<any, any>) => unknown): InngestFunction;
export declare const createScorer: typeof createDefer;
export declare function referenceFunction(options: any): any;

export declare class EventSchemas<S = {}> {
  private readonly events: S;
  fromRecord<T>(...args: any[]): EventSchemas<S & T>;
  fromUnion<T>(...args: any[]): EventSchemas<S & Both<UnionEvents<T>>>;
  fromZod<T>(schemas: T): EventSchemas<S & SchemaEvents<T>>;
  fromSchema<T>(schemas: T): EventSchemas<S & SchemaEvents<T>>;
  fromGenerated<T>(...args: any[]): EventSchemas<S & T>;
}
type SchemasOf<O> = O extends { schemas: EventSchemas<infer S> } ? S : {};

export interface InngestFunction { id(prefix?: string): string; opts: any; [name: string]: any }
export declare namespace InngestFunction { type Any = InngestFunction; type Like = InngestFunction }
export declare class Inngest<O = any> {
  constructor(options: O);
  readonly id: string;
  createFunction<const T>(config: any, trigger: T, handler: (context: Context<SchemasOf<O>, TriggerEvent<SchemasOf<O>, T>>) => unknown): InngestFunction;
  createFunction<const T>(config: { triggers?: T; [name: string]: any }, handler: (context: Context<SchemasOf<O>, TriggerEvent<SchemasOf<O>, T>>) => unknown): InngestFunction;
  send(event: any, options?: any): Promise<{ ids: string[] }>;
  sendSignal(...args: any[]): Promise<any>;
  setEventKey(key: string): void;
  readonly funcs: any;
  readonly realtime: any;
  [name: string]: any;
}
export declare namespace Inngest { type Any = Inngest<any>; type Like = Inngest<any> }
export { Inngest as Stepwright };
export type GetStepTools<C = any, N = any> = StepTools<C extends Inngest<infer O> ? SchemasOf<O> : any>;
export type GetEvents<C> = C extends Inngest<infer O> ? SchemasOf<O> : any;
export type GetFunctionInput<C, N = any> = Context<any, any>;
export type EventPayload<D = any> = { name: string; data: D; id?: string; ts?: number; user?: any; v?: string };
export declare const step: StepTools;
export declare const group: any;
export declare const experiment: any;
export declare const realtime: { channel(options: any): any };
export declare function channel(options: any): any;
export declare function serve(options: any): any;
export declare function fetch(...args: any[]): Promise<any>;
export declare class InngestMiddleware { constructor(options: any); [name: string]: any }
export declare const Middleware: any;
export declare function dependencyInjectionMiddleware(context: any): any;
export declare class NonRetriableError extends Error { constructor(message: string, options?: any); readonly cause?: any }
export declare class RetryAfterError extends Error { constructor(message: string, after: any, options?: any); readonly retryAfter: any }
export declare class StepError extends Error { readonly stepId: string; readonly cause?: any }
declare const anything: any;
export default anything;
`;
