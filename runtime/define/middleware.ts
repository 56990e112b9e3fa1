import { brandClass } from "./brand.js";
import type { FunctionContext } from "./context.js";
import type { AnyEvents } from "./event-map.js";
import type { EventPayload, SendEventBaseOutput } from "./event-payload.js";
import type { FunctionDefinition } from "./function-definition.js";
import type { Jsonify } from "./jsonify.js";
import type { StepOptions } from "./step-options.js";
import type { StepTools } from "./step-tools.js";
import type { MaybePromise } from "./sdk-names.js";

/** Middleware in the form of SDK v4: a class with the hooks it needs. */
abstract class BaseMiddleware {
  /** The client it is registered on. */
  readonly client: any;
  /** Names the middleware in logs; unique in the application. */
  abstract readonly id: string;
  /** Only for inference: how results change on their way. */
  declare functionOutputTransform: Middleware.DefaultStaticTransform;
  declare stepOutputTransform: Middleware.DefaultStaticTransform;

  constructor({ client }: { client: any }) {
    this.client = client;
  }

  static onRegister?(args: Middleware.OnRegisterArgs): void;

  onMemoizationEnd?(args: Middleware.RunArgs): MaybePromise<void>;
  onRunStart?(args: Middleware.RunArgs): MaybePromise<void>;
  onRunComplete?(args: Middleware.OnRunCompleteArgs): MaybePromise<void>;
  onRunError?(args: Middleware.OnRunErrorArgs): MaybePromise<void>;
  onStepStart?(args: Middleware.StepArgs): MaybePromise<void>;
  onStepComplete?(args: Middleware.OnStepCompleteArgs): MaybePromise<void>;
  onStepError?(args: Middleware.OnStepErrorArgs): MaybePromise<void>;
  transformFunctionInput?(
    args: Middleware.TransformFunctionInputArgs,
  ): MaybePromise<Middleware.TransformFunctionInputArgs>;
  transformStepInput?(args: Middleware.TransformStepInputArgs): MaybePromise<Middleware.TransformStepInputArgs>;
  transformSendEvent?(args: Middleware.TransformSendEventArgs): MaybePromise<Middleware.TransformSendEventArgs>;
  wrapRequest?(args: Middleware.WrapRequestArgs): Promise<Middleware.Response>;
  wrapFunctionHandler?(args: Middleware.WrapFunctionHandlerArgs): Promise<unknown>;
  wrapStep?(args: Middleware.WrapStepArgs): Promise<unknown>;
  wrapStepHandler?(args: Middleware.WrapStepHandlerArgs): Promise<unknown>;
  wrapSendEvent?(args: Middleware.WrapSendEventArgs): Promise<SendEventBaseOutput>;
}
brandClass(BaseMiddleware, "middleware");

/** `class Mine extends Middleware.BaseMiddleware { id = "mine"; … }` */
export const Middleware = { BaseMiddleware };

export declare namespace Middleware {
  export type BaseMiddleware = InstanceType<typeof Middleware.BaseMiddleware>;
  export type Class = (abstract new (args: { client: any }) => BaseMiddleware) & {
    onRegister?(args: OnRegisterArgs): void;
  };

  export interface StaticTransform {
    In: unknown;
    Out: unknown;
  }
  export interface DefaultStaticTransform extends StaticTransform {
    Out: Jsonify<this["In"]>;
  }

  export type RunContext = FunctionContext<any, StepTools<AnyEvents>>;
  export type StepType =
    | "ai.infer"
    | "ai.wrap"
    | "fetch"
    | "invoke"
    | "realtime.publish"
    | "run"
    | "sendEvent"
    | "sleep"
    | "waitForEvent"
    | "waitForSignal"
    | (string & {});
  export interface StepInfo {
    hashedId: string;
    input?: unknown[];
    memoized: boolean;
    options: StepOptions;
    stepType: StepType;
  }
  export interface Request {
    body: () => Promise<unknown>;
    headers: Readonly<Record<string, string>>;
    method: string;
    url: URL;
  }
  export interface Response {
    body: string;
    headers: Record<string, string>;
    status: number;
  }

  export interface OnRegisterArgs {
    readonly client: any;
    readonly fn: FunctionDefinition | null;
  }
  export interface RunArgs {
    readonly ctx: RunContext;
    readonly fn: FunctionDefinition;
  }
  export type OnMemoizationEndArgs = RunArgs;
  export type OnRunStartArgs = RunArgs;
  export interface OnRunCompleteArgs extends RunArgs {
    readonly output: unknown;
  }
  export interface OnRunErrorArgs extends RunArgs {
    readonly error: Error;
    readonly isFinalAttempt: boolean;
  }
  export interface StepArgs extends RunArgs {
    readonly stepInfo: Readonly<StepInfo>;
  }
  export type OnStepStartArgs = StepArgs;
  export interface OnStepCompleteArgs extends StepArgs {
    readonly output: unknown;
  }
  export interface OnStepErrorArgs extends StepArgs {
    readonly error: Error;
    readonly isFinalAttempt: boolean;
  }
  export interface TransformFunctionInputArgs {
    ctx: RunContext;
    readonly fn: FunctionDefinition;
    steps: Record<string, any>;
  }
  export interface TransformStepInputArgs {
    readonly fn: FunctionDefinition;
    readonly stepInfo: Readonly<Pick<StepInfo, "hashedId" | "memoized" | "stepType">>;
    stepOptions: StepOptions;
    input: unknown[];
  }
  export interface TransformSendEventArgs {
    events: EventPayload<Record<string, any>>[];
    readonly fn: FunctionDefinition | null;
  }
  export interface WrapFunctionHandlerArgs extends RunArgs {
    readonly next: () => Promise<unknown>;
  }
  export interface WrapStepArgs extends StepArgs {
    readonly next: () => Promise<unknown>;
  }
  export type WrapStepHandlerArgs = WrapStepArgs;
  export interface WrapRequestArgs {
    readonly fn: FunctionDefinition | null;
    readonly next: () => Promise<Response>;
    readonly requestArgs: readonly unknown[];
    readonly requestInfo: Request;
    readonly runId: string;
  }
  export interface WrapSendEventArgs {
    readonly events: readonly EventPayload<Record<string, any>>[];
    readonly fn: FunctionDefinition | null;
    readonly next: () => Promise<SendEventBaseOutput>;
  }
}
