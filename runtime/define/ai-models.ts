import type { AiModel } from "./ai-tools.js";

/** What every provider's model takes. */
export interface AiModelOptions {
  /** The provider's name of the model. */
  model: string;
  /** Default: the provider's variable of the environment, read when the model is made. Never stored with the run. */
  apiKey?: string;
  /** Where the provider's API is; for proxies and compatible servers. */
  baseUrl?: string;
  /** Goes into each request whose body does not say otherwise. */
  defaultParameters?: Record<string, unknown>;
}

export interface AnthropicModelOptions extends AiModelOptions {
  /** Values of the `anthropic-beta` header. */
  betaHeaders?: readonly string[];
  defaultParameters?: { max_tokens?: number } & Record<string, unknown>;
}

export interface AzureOpenAiModelOptions extends Omit<AiModelOptions, "baseUrl"> {
  /** `https://<resource>.openai.azure.com` */
  endpoint: string;
  deployment: string;
  /** @example "2024-10-21" */
  apiVersion: string;
}

interface Provider {
  readonly format: NonNullable<AiModel["format"]>;
  readonly key: string;
  readonly baseUrl: string;
  readonly path: string;
}

/** A chat model of OpenAI, or of any server that speaks its chat format. @example openai({ model: "gpt-5-mini" }) */
export function openai(options: AiModelOptions): AiModel {
  return makeModel(options, {
    format: "openai-chat",
    key: "OPENAI_API_KEY",
    baseUrl: "https://api.openai.com/v1/",
    path: "chat/completions",
  });
}

/** A model of OpenAI behind its Responses API. */
export function openaiResponses(options: AiModelOptions): AiModel {
  return makeModel(options, {
    format: "openai-responses",
    key: "OPENAI_API_KEY",
    baseUrl: "https://api.openai.com/v1/",
    path: "responses",
  });
}

/** A model of xAI; it speaks OpenAI's chat format. */
export function grok(options: AiModelOptions): AiModel {
  return makeModel(options, {
    format: "grok",
    key: "XAI_API_KEY",
    baseUrl: "https://api.x.ai/v1/",
    path: "chat/completions",
  });
}

/** A model of DeepSeek; it speaks OpenAI's chat format. */
export function deepseek(options: AiModelOptions): AiModel {
  return makeModel(options, {
    format: "openai-chat",
    key: "DEEPSEEK_API_KEY",
    baseUrl: "https://api.deepseek.com/v1/",
    path: "chat/completions",
  });
}

/** A deployment of OpenAI's models at Azure. */
export function azureOpenai(options: AzureOpenAiModelOptions): AiModel {
  const { endpoint, deployment, apiVersion, ...rest } = options;
  const made = makeModel(rest, {
    format: "azure-openai",
    key: "AZURE_OPENAI_API_KEY",
    baseUrl: endpoint,
    path: `openai/deployments/${encodeURIComponent(deployment)}/chat/completions`,
  });
  return { ...made, url: `${made.url}?api-version=${encodeURIComponent(apiVersion)}` };
}

/** A model of Anthropic's Messages API. @example anthropic({ model: "claude-sonnet-4-5", defaultParameters: { max_tokens: 500 } }) */
export function anthropic(options: AnthropicModelOptions): AiModel {
  const made = makeModel(options, {
    format: "anthropic",
    key: "ANTHROPIC_API_KEY",
    baseUrl: "https://api.anthropic.com/v1/",
    path: "messages",
  });
  const headers: Record<string, string> = { "anthropic-version": "2023-06-01" };
  if (options.betaHeaders?.length) headers["anthropic-beta"] = options.betaHeaders.join(",");
  return { ...made, headers };
}

/** A model of Google's Gemini API. The key goes into a header, so that no URL has it. */
export function gemini(options: AiModelOptions): AiModel {
  const made = makeModel(options, {
    format: "gemini",
    key: "GEMINI_API_KEY",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/",
    path: `models/${encodeURIComponent(options.model)}:generateContent`,
  });
  // the model is in the path, and its API refuses fields that it does not know
  return { ...made, onCall: (_, body) => addDefaults(body, options.defaultParameters) };
}

/** All of them by name, as on `step.ai.models`. */
export const models = { anthropic, azureOpenai, deepseek, gemini, grok, openai, openaiResponses };

function makeModel(options: AiModelOptions, provider: Provider): AiModel {
  const base = options.baseUrl ?? provider.baseUrl;
  return {
    url: new URL(provider.path, base.endsWith("/") ? base : `${base}/`).href,
    authKey: options.apiKey ?? environment()[provider.key] ?? "",
    authVariable: provider.key,
    format: provider.format,
    onCall(_, body) {
      addDefaults(body, options.defaultParameters);
      body["model"] ||= options.model;
    },
  };
}

/** What the body says goes first; objects are merged one level deep, as Gemini's `generationConfig` needs. */
function addDefaults(body: Record<string, unknown>, defaults: Record<string, unknown> | undefined): void {
  for (const [name, value] of Object.entries(defaults ?? {})) {
    const own = body[name];
    if (own === undefined) body[name] = value;
    else if (isPlainObject(own) && isPlainObject(value)) body[name] = { ...value, ...own };
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Definitions are also loaded where there is no `process`. */
function environment(): Readonly<Record<string, string | undefined>> {
  return typeof process === "object" ? process.env : {};
}
