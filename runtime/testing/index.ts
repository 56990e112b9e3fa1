/** `stepwright/testing`: what a test of an application imports. Works with every test runner. */
export { Script, type ScriptCall } from "./script.js";
export {
  type OutgoingTestEvent,
  TestEnvironment,
  type TestEnvironmentOptions,
  type TestEnvironmentSettings,
  type TestedApplication,
} from "./test-environment.js";
export { TestKitError, type TestKitErrorCode } from "./test-kit-error.js";
export type { TestEvent, TestRun, TestStep, TestWait } from "./test-run.js";
export type { CommitPoint } from "./crashable-engine.js";
export { exportRun, type RunHistory, runHistorySchema, runHistoryVersion } from "../store/run-history.js";
export { replay, ReplayError, type Divergence, type ReplayedStep, type ReplayResult } from "./replay.js";
export {
  type BodyExecutions,
  type CrashDifference,
  CrashDifferenceError,
  crashEverywhere,
  type CrashEverywhereOptions,
  type CrashPlace,
  type CrashReport,
} from "./crash-everywhere.js";
export type { Checkpoint, CheckpointKey, OutgoingStep } from "./inngest/checkpoint.js";
export {
  CheckpointMissed,
  createMockEvent,
  type ExecutionOutput,
  type InlineOptions,
  InngestTestEngine,
  type InngestTestEngineOptions,
  mockCtx,
  type RunOutput,
  type RunStepOutput,
} from "./inngest/inngest-test-engine.js";
export { InngestTestRun } from "./inngest/inngest-test-run.js";
export type { MockedStep } from "./inngest/mocked-steps.js";
export type { Spy } from "./inngest/spy.js";
