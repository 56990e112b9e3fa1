import type { models } from "./ai-models.js";
import type { StepRun } from "./step-tools.js";
import type { RunStepOptionsOrId } from "./step-options.js";

/** A model of a provider: where to send the request, and in which format. */
export interface AiModel<Input = any, Output = any> {
  readonly "~types"?: { readonly input: Input; readonly output: Output };
  url?: string;
  /** The provider's key. It is sent as the format wants it and never stored. */
  authKey?: string;
  /** The variable of the environment that has the key, for the message when there is none. */
  authVariable?: string;
  format?: "openai-chat" | "openai-responses" | "azure-openai" | "grok" | "anthropic" | "gemini" | (string & {});
  headers?: Record<string, string>;
  /** Completes the body before it is sent. */
  onCall?(model: AiModel<Input, Output>, body: Input): void;
}

export interface AiInferOptions<M> {
  model: M;
  /** The request as the provider's API takes it, without what the model adds. */
  body: M extends { readonly "~types"?: { readonly input: infer I } } ? I : any;
}

export interface AiTools {
  /**
   * A model call that the runtime makes: retried on network errors, 429 (honours Retry-After) and 5xx, remembered when it has
   * succeeded. Gives the provider's answer as JSON. Fails with a `StepError` when the provider refuses the request.
   *
   * @example const answer = await step.ai.infer("ask", { model: openai({ model: "gpt-5-mini" }), body: { messages } })
   */
  infer<M extends AiModel>(
    id: RunStepOptionsOrId,
    options: AiInferOptions<M>,
  ): Promise<M extends { readonly "~types"?: { readonly output: infer O } } ? O : any>;
  /** A model call of your own, recorded with its input. */
  wrap: StepRun;
  /** `openai`, `anthropic`, `gemini` and the others. */
  models: typeof models;
}
