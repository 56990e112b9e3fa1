/** The only door for generated code: what `app.ts` and `client.ts` import. */
export { applicationFromDefinitions, type Application, type ApplicationFunction } from "./codegen/application.js";
export { ApplicationError, type ApplicationErrorCode } from "./codegen/application-error.js";
export { createClient, type ClientDescription } from "./codegen/client.js";
export type {
  AnyRun,
  Client,
  ClientApplication,
  ConnectOptions,
  Invoke,
  OutgoingEvent,
  ResultOf,
  Run,
  Runs,
  Send,
  SendOptions,
  SentEvents,
  WaitOptions,
} from "./codegen/client-types.js";
export { defineApp, type AppInput } from "./codegen/define-app.js";
export { RunError, type RunErrorCode } from "./codegen/run-error.js";
