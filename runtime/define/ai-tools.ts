import type { StepRun } from "./step-tools.js";
import type { StepOptionsOrId } from "./step-options.js";

/** A model of a provider: where to send the request, and in which format. */
export interface AiModel<Input = any, Output = any> {
  readonly "~types"?: { readonly input: Input; readonly output: Output };
  url?: string;
  authKey?: string;
  format?: string;
  headers?: Record<string, string>;
  onCall?(model: AiModel<Input, Output>, body: Input): void;
}

export interface AiInferOptions<M> {
  model: M;
  body: M extends { readonly "~types"?: { readonly input: infer I } } ? I : any;
}

export interface AiTools {
  /** A model call that the runtime makes. */
  infer<M extends AiModel>(
    id: StepOptionsOrId,
    options: AiInferOptions<M>,
  ): Promise<M extends { readonly "~types"?: { readonly output: infer O } } ? O : any>;
  /** A model call of your own, recorded with its input. */
  wrap: StepRun;
}
