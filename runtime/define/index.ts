/** What an application imports from `stepwright`. Loads neither the engine, nor the compiler, nor a database driver. */
export { Stepwright, Stepwright as Inngest } from "./client.js";
export type { ClientOptions } from "./client-options.js";
export { EventSchemas } from "./event-schemas.js";
export { EventType, eventType, invoke, staticSchema } from "./event-type.js";
export { cron } from "./triggers.js";
export { NonRetriableError, RetryAfterError, StepError, StepwrightError } from "./errors.js";
export { referenceFunction } from "./function-reference.js";
