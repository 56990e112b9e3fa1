/** Of a worker's connection. `CLOSED` is the last. */
export const ConnectionState = {
  CONNECTING: "CONNECTING",
  ACTIVE: "ACTIVE",
  PAUSED: "PAUSED",
  RECONNECTING: "RECONNECTING",
  /** No call comes any more; those that are there are finished. */
  CLOSING: "CLOSING",
  CLOSED: "CLOSED",
} as const;
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState];
