/** Why an application cannot be loaded: stable code → what to do. */
const helps = {
  "invalid-manifest": "build the application again with this version: `stepwright build`",
  "missing-definition": "build the application again; the module that defines it has changed",
  "invalid-function": "correct the configuration",
  "duplicate-function-id": "give each function of an application an id of its own",
  "several-applications": "define all functions of an application with clients of one `id`",
  "invalid-expression": "correct the expression",
} as const;

export type ApplicationErrorCode = keyof typeof helps;

/** The application cannot be loaded. `code` is stable, `help` says what to do. */
export class ApplicationError extends Error {
  override readonly name = "ApplicationError";
  readonly help: string;

  constructor(
    readonly code: ApplicationErrorCode,
    message: string,
    help: string = helps[code],
    options?: ErrorOptions,
  ) {
    super(`${message} (${code}; ${help})`, options);
    this.help = help;
  }
}
