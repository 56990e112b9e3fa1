import { brandClass } from "./brand.js";
import type { EventPayload, SendEventBaseOutput } from "./event-payload.js";
import type { FunctionDefinition } from "./function-definition.js";
import type { MaybePromise } from "./sdk-names.js";

interface StepOutcome {
  data?: any;
  error?: any;
}

interface RunInfo {
  readonly ctx: Record<string, any> & { readonly event: any; readonly runId: string };
  readonly steps: readonly { readonly id?: string; readonly data?: any; readonly error?: any }[];
  readonly fn: FunctionDefinition;
  readonly reqArgs: readonly unknown[];
}

/** The hooks of one run. */
export interface FunctionRunHooks {
  transformInput?(
    info: RunInfo,
  ): MaybePromise<{ ctx?: Record<string, any>; steps?: { data?: any }[] } | void | undefined>;
  beforeMemoization?(): MaybePromise<void>;
  afterMemoization?(): MaybePromise<void>;
  beforeExecution?(): MaybePromise<void>;
  afterExecution?(): MaybePromise<void>;
  transformOutput?(info: {
    readonly result: Readonly<StepOutcome>;
    readonly step?: {
      readonly id: string;
      readonly op?: string;
      readonly name?: string;
      readonly displayName?: string;
      readonly opts?: any;
    };
  }): MaybePromise<{ result?: StepOutcome } | void | undefined>;
  finished?(info: { readonly result: Readonly<StepOutcome> }): MaybePromise<void>;
  beforeResponse?(): MaybePromise<void>;
}

/** The hooks of one `send`. */
export interface SendEventHooks {
  transformInput?(info: {
    readonly payloads: readonly EventPayload[];
  }): MaybePromise<{ payloads?: EventPayload[] } | void | undefined>;
  transformOutput?(info: {
    readonly result: Readonly<SendEventBaseOutput>;
  }): MaybePromise<{ result?: Record<string, unknown> } | void | undefined>;
}

export interface MiddlewareRegisterReturn {
  onFunctionRun?(info: RunInfo): MaybePromise<FunctionRunHooks>;
  onSendEvent?(): MaybePromise<SendEventHooks>;
}

export type MiddlewareRegisterFn = (context: {
  /** The client it is registered on. */
  client: any;
  fn?: FunctionDefinition;
}) => MaybePromise<MiddlewareRegisterReturn>;

export interface MiddlewareOptions {
  name: string;
  init: MiddlewareRegisterFn;
}

/** Middleware in the form of SDK v3. */
export class InngestMiddleware<TOpts extends MiddlewareOptions = MiddlewareOptions> implements InngestMiddleware.Like {
  readonly name: TOpts["name"];
  readonly init: TOpts["init"];

  constructor({ name, init }: TOpts) {
    this.name = name;
    this.init = init;
  }

  get [Symbol.toStringTag](): "Inngest.Middleware" {
    return "Inngest.Middleware";
  }
}
brandClass(InngestMiddleware, "middleware");

export declare namespace InngestMiddleware {
  export type Any = InngestMiddleware<MiddlewareOptions>;
  export interface Like {
    readonly [Symbol.toStringTag]: "Inngest.Middleware";
  }
  export type Stack = [Like, ...Like[]];
}
