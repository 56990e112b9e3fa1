/** A refusal with a stable code and what to do about it. */
export class RealtimeError extends Error {
  override readonly name = "RealtimeError";
  constructor(
    readonly code: keyof typeof realtimeErrorHelp,
    message: string,
    readonly help: string = realtimeErrorHelp[code],
  ) {
    super(message);
  }
}

export const realtimeErrorHelp = {
  "invalid-channel": "give channel and topics names of 1 to 512 characters",
  "invalid-topics": "name 1 to 100 topics, with less than 6,000 characters in all",
  "message-too-large": "publish where the large part is found, and keep the message below 512 KiB",
  "too-many-subscribers": "end subscriptions that nobody reads",
  "invalid-token":
    "ask the application for a new token: a token is valid for a short time, and only at its own runtime",
} as const satisfies Record<string, string>;
