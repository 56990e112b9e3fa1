/** The connection to a worker, whatever carries its frames. */
export interface WorkerLink {
  send(frame: Uint8Array): void;
  /** `reason`: up to 123 bytes. After it nothing is received any more. */
  close(code: number, reason: string): void;
  /** Bytes that the worker has not read yet. */
  readonly backlog: number;
}

/** The WebSocket's codes with which the gateway ends a connection. */
export const closeCodes = {
  goingAway: 1001,
  malformed: 1007,
  refused: 1008,
  tryLater: 1013,
} as const;
