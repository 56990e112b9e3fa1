/** What workers and gateway say to each other: the package `connect.v1` of the public protocol, as far as it is used. */
import { decode, type Draft, encode, type Message, type Shape } from "./codec.js";

/** Both sides name it when they open the WebSocket. */
export const subprotocol = "v0.connect.inngest.com";

export const kinds = {
  gatewayHello: 0,
  workerConnect: 1,
  gatewayConnectionReady: 2,
  gatewayExecutorRequest: 3,
  workerReady: 4,
  workerRequestAck: 5,
  workerReply: 6,
  workerReplyAck: 7,
  workerPause: 8,
  workerHeartbeat: 9,
  gatewayHeartbeat: 10,
  gatewayClosing: 11,
  workerRequestExtendLease: 12,
  workerRequestExtendLeaseAck: 13,
  syncFailed: 14,
  workerStatus: 15,
} as const;

/** One frame. */
const envelope = { kind: [1, "int"], payload: [2, "bytes"] } as const satisfies Shape;

export const startRequest = { excludeGateways: [1, "text", "list"] } as const satisfies Shape;

export const startResponse = {
  connectionId: [1, "text"],
  gatewayEndpoint: [2, "text"],
  gatewayGroup: [3, "text"],
  sessionToken: [4, "text"],
  syncToken: [5, "text"],
} as const satisfies Shape;

export const workerConnect = {
  connectionId: [1, "text"],
  instanceId: [2, "text"],
  authData: [3, { sessionToken: [1, "text"], syncToken: [2, "text"] }],
  capabilities: [4, "bytes"],
  apps: [5, { appName: [1, "text"], appVersion: [2, "text"], functions: [4, "bytes"] }, "list"],
  /** It is called only after `workerReady`. */
  manualReadinessAck: [6, "bool"],
  systemAttributes: [7, { cpuCores: [1, "int"], memBytes: [2, "long"], os: [3, "text"] }],
  environment: [8, "text"],
  framework: [9, "text"],
  platform: [10, "text"],
  sdkVersion: [11, "text"],
  sdkLanguage: [12, "text"],
  startedAt: [13, { seconds: [1, "long"] }],
  /** 0: without limit. */
  maxWorkerConcurrency: [14, "long"],
} as const satisfies Shape;

/** Durations such as `10s`. */
export const connectionReady = {
  heartbeatInterval: [1, "text"],
  extendLeaseInterval: [2, "text"],
  statusInterval: [3, "text"],
} as const satisfies Shape;

export const executorRequest = {
  requestId: [1, "text"],
  accountId: [2, "text"],
  envId: [3, "text"],
  appId: [4, "text"],
  appName: [5, "text"],
  functionId: [6, "text"],
  functionSlug: [7, "text"],
  stepId: [8, "text"],
  /** The JSON that is the body over HTTP. */
  requestPayload: [9, "bytes"],
  systemTraceCtx: [10, "bytes"],
  userTraceCtx: [11, "bytes"],
  runId: [12, "text"],
  leaseId: [13, "text"],
} as const satisfies Shape;

export const requestAck = {
  requestId: [1, "text"],
  accountId: [2, "text"],
  envId: [3, "text"],
  appId: [4, "text"],
  functionSlug: [5, "text"],
  stepId: [6, "text"],
  systemTraceCtx: [7, "bytes"],
  userTraceCtx: [8, "bytes"],
  runId: [9, "text"],
} as const satisfies Shape;

export const extendLease = { ...requestAck, leaseId: [10, "text"] } as const satisfies Shape;

export const extendLeaseAck = {
  requestId: [1, "text"],
  accountId: [2, "text"],
  envId: [3, "text"],
  appId: [4, "text"],
  functionSlug: [5, "text"],
  /** Empty: the call belongs to the worker no more. */
  newLeaseId: [6, "text"],
} as const satisfies Shape;

/** `status` of a reply. */
export const replyStatus = { notCompleted: 0, done: 1, error: 2 } as const;

export const reply = {
  requestId: [1, "text"],
  accountId: [2, "text"],
  envId: [3, "text"],
  appId: [4, "text"],
  status: [5, "int"],
  body: [6, "bytes"],
  noRetry: [7, "bool"],
  retryAfter: [8, "text"],
  sdkVersion: [9, "text"],
  requestVersion: [10, "int"],
  systemTraceCtx: [11, "bytes"],
  userTraceCtx: [12, "bytes"],
  runId: [13, "text"],
} as const satisfies Shape;
export type Reply = Message<typeof reply>;

export const replyAck = { requestId: [1, "text"] } as const satisfies Shape;

export const flushResponse = { requestId: [1, "text"] } as const satisfies Shape;

export type Kind = (typeof kinds)[keyof typeof kinds];

const withoutPayload: Draft<typeof envelope> = {};

export function frame(kind: Kind): Uint8Array;
export function frame<S extends Shape>(kind: Kind, shape: S, message: Draft<S>): Uint8Array;
export function frame(kind: Kind, shape?: Shape, message?: Draft<Shape>): Uint8Array {
  const payload = shape && message ? { payload: encode(shape, message) } : withoutPayload;
  return encode(envelope, { kind, ...payload });
}

/** @throws MalformedFrameError */
export const readFrame = (bytes: Uint8Array): Message<typeof envelope> => decode(envelope, bytes);
