/** Why a request cannot be served: stable code → what to do. */
export const serveErrorHelp = {
  "invalid-client": 'give the client: `serve({ client, functions })`, with `client` from `new Stepwright({ id: "…" })`',
  "invalid-functions": "give a list of what `client.createFunction` returned; an import cycle gives `undefined`",
  "missing-signing-key":
    "set STEPWRIGHT_SIGNING_KEY (or INNGEST_SIGNING_KEY), or STEPWRIGHT_DEV=1 where requests need no signature",
  "missing-signature": "only the runtime may call; it signs its requests with the signing key",
  "invalid-signature": "give the runtime and the application the same signing key",
  "expired-signature": "set the clocks of both machines; a request counts for five minutes",
  "body-too-large": "lower the runtime's limits, or raise `maxBodyBytes`",
  "malformed-body": "the body has to be what a runtime sends: JSON with `event`, `events`, `steps` and `ctx`",
  "missing-body": "no body arrived: let the framework leave it alone, or parse it as JSON",
  "missing-function-id": "the URL of a call has the query parameter `fnId`",
  "unknown-function": "register the application again after a deployment: `PUT` to this URL",
  "unknown-probe": "the probe is `trust`",
  "state-unavailable": "the runtime keeps the run's state for the application: see why it did not answer",
  "method-not-allowed": "send GET, POST or PUT",
  "invalid-apps": "give `connect` one to a hundred applications: `connect({ apps: [{ client, functions }] })`",
  "duplicate-app": "put all functions of an application under one client",
  "mixed-environments": "connect once for each environment",
  "connection-refused": "the runtime said why: correct it, and connect again",
} as const satisfies Record<string, string>;

export type ServeErrorCode = keyof typeof serveErrorHelp;

/** `code` is stable and `help` says what to do. */
export class ServeError extends Error {
  override readonly name = "ServeError";
  readonly help: string;

  constructor(
    readonly code: ServeErrorCode,
    detail: string,
    options?: ErrorOptions,
  ) {
    const help = serveErrorHelp[code];
    super(`${detail} (${code}; ${help})`, options);
    this.help = help;
  }
}
