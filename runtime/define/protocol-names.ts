/** HTTP headers of the protocol between a runtime and an application. */
export enum headerKeys {
  ContentType = "content-type",
  Host = "host",
  ForwardedFor = "x-forwarded-for",
  RealIp = "x-real-ip",
  Location = "location",
  ContentLength = "content-length",
  Signature = "x-inngest-signature",
  SdkVersion = "x-inngest-sdk",
  Environment = "x-inngest-env",
  Platform = "x-inngest-platform",
  Framework = "x-inngest-framework",
  NoRetry = "x-inngest-no-retry",
  RequestVersion = "x-inngest-req-version",
  RetryAfter = "retry-after",
  InngestServerKind = "x-inngest-server-kind",
  InngestExpectedServerKind = "x-inngest-expected-server-kind",
  InngestSyncKind = "x-inngest-sync-kind",
  EventIdSeed = "x-inngest-event-id-seed",
  TraceParent = "traceparent",
  TraceState = "tracestate",
  InngestRunId = "x-run-id",
  InngestStepId = "x-inngest-step-id",
  InngestForceStepPlan = "x-inngest-force-step-plan",
}

/** Query parameters of the same protocol. */
export enum queryKeys {
  DeployId = "deployId",
  FnId = "fnId",
  Probe = "probe",
  StepId = "stepId",
}

/** True for a request that a runtime makes to an application: it has a run and a signature, which may be empty. */
export function isInngestRequest(input: unknown): boolean {
  const headers: unknown = typeof input === "object" && input !== null ? Reflect.get(input, "headers") : undefined;
  if (!(headers instanceof Headers)) return false;
  return Boolean(headers.get(headerKeys.InngestRunId)) && headers.get(headerKeys.Signature) !== null;
}
