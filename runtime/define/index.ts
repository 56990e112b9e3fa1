/** What an application imports from `stepwright`. Loads neither the engine, nor the compiler, nor a database driver. */
export {
  isStepwright,
  isStepwright as isInngest,
  Stepwright,
  Stepwright as Inngest,
  type FailureHandlerContext,
  type HandlerContext,
} from "./client.js";
export type { ClientOptions, EventsFromOpts } from "./client-options.js";
export type {
  ClientOptionsFromInngest,
  GetEvents,
  GetFunctionInput,
  GetFunctionOutput,
  GetFunctionOutputRaw,
  GetStepTools,
} from "./client-types.js";
export {
  InngestCommHandler,
  type HandlerActions,
  type InngestCommHandlerOptions,
  type RegisterOptions,
  type ServeHandlerOptions,
} from "./comm-handler.js";
export type { FailureContext, FunctionContext, RunContext } from "./context.js";
export { dependencyInjectionMiddleware } from "./dependency-injection.js";
export { NonRetriableError, RetryAfterError, StepError, StepwrightError, type StepwrightErrorCode } from "./errors.js";
export type {
  EventMeta,
  EventPayload,
  EventSessions,
  EventSessionValue,
  PropagatedEventSessions,
  PropagatedEventSessionValue,
  ReceivedEvent,
  ReceivedEventMeta,
  SendEventBaseOutput,
  SendEventPayload,
} from "./event-payload.js";
export { EventSchemas } from "./event-schemas.js";
export { EventType, eventType, invoke, staticSchema, type CreatedEvent } from "./event-type.js";
export { isFunctionDefinition as isInngestFunction, type FunctionDefinition } from "./function-definition.js";
export type { Cancellation, ConcurrencyOption, FunctionOptions, RetryOptions } from "./function-options.js";
export { referenceFunction, type FunctionReference } from "./function-reference.js";
export { experiment, type ExperimentSelectFn, type ExperimentStrategy } from "./experiment.js";
export { fetch, group, step } from "./global-step.js";
export type { ExperimentOptions, ExperimentRef, GroupExperiment, GroupTools, ParallelOptions } from "./group-tools.js";
export {
  internalEvents,
  type CancelledEventPayload,
  type FailureEventArgs,
  type FailureEventPayload,
  type FinishedEventPayload,
  type InvokedEventPayload,
  type JsonError,
  type ScheduledTimerEventPayload,
} from "./internal-events.js";
export type { InvokeTarget } from "./invoke-types.js";
export type { Jsonify } from "./jsonify.js";
export {
  InngestMiddleware,
  type MiddlewareOptions,
  type MiddlewareRegisterFn,
  type MiddlewareRegisterReturn,
} from "./legacy-middleware.js";
export {
  anthropic,
  azureOpenai,
  deepseek,
  gemini,
  grok,
  models,
  openai,
  openaiResponses,
  type AiModelOptions,
  type AnthropicModelOptions,
  type AzureOpenAiModelOptions,
} from "./ai-models.js";
export type { AiInferOptions, AiModel, AiTools } from "./ai-tools.js";
export { ConsoleLogger, ProxyLogger, type LogArg, type Logger, type LogLevel } from "./logger.js";
export { Middleware } from "./middleware.js";
export { isMiddleware as isInngestMiddleware } from "./middleware-input.js";
export { headerKeys, isInngestRequest, queryKeys } from "./protocol-names.js";
export type {
  BaseContext,
  Context,
  DurationInput,
  ExclusiveKeys,
  Handler,
  InngestFunction,
  InngestFunctionReference,
  IsStringLiteral,
  MaybePromise,
  StrictUnion,
  StrictUnionHelper,
  UnionKeys,
} from "./sdk-names.js";
export { realtime, type Realtime } from "./realtime.js";
export type { Rich, Serialization } from "./rich.js";
export { serializeError } from "./serialize-error.js";
export { slugify } from "../manifest/slugify.js";
export type { StandardSchemaV1 } from "./standard-schema.js";
export type { StepFetch, StepFetchOptions, StepToolFetch } from "./step-fetch.js";
export type {
  AttemptOptions,
  RunStepOptions,
  RunStepOptionsOrId,
  StepOptions,
  StepOptionsOrId,
} from "./step-options.js";
export type { RaceBranches, RaceResult, StepRace } from "./step-race.js";
export type { SendSignalResponse, StepRunContext, StepTools } from "./step-tools.js";
export type { DurationLike, InstantLike, TimeStr, ZonedDateTimeLike } from "./time.js";
export type { RollbackContext } from "./rollback.js";
export type { SqlParameter, StepTransaction, Transaction } from "./transaction.js";
export { cron, type CronTrigger, type EventTrigger, type Trigger } from "./triggers.js";
export { version } from "./version.js";
