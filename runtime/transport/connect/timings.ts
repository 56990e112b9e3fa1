/** In ms. */
export interface GatewayTimings {
  /** From the open connection until the worker has said what it runs. */
  readonly handshakeMs: number;
  /** Workers send a heart-beat so often. */
  readonly heartbeatMs: number;
  /** A worker is asked, and says within this time that it has begun. */
  readonly ackMs: number;
  /** A call is a worker's for so long; while it works on it, it asks for more. A worker that is gone keeps the call for that time. */
  readonly leaseMs: number;
  /** Workers ask for more so often. */
  readonly extendMs: number;
  /** A call waits so long for a worker of its application to connect, then it is put back to the queue. */
  readonly absentMs: number;
}

export const defaultTimings: GatewayTimings = {
  handshakeMs: 10_000,
  heartbeatMs: 10_000,
  ackMs: 5_000,
  leaseMs: 30_000,
  extendMs: 5_000,
  absentMs: 2_000,
};
