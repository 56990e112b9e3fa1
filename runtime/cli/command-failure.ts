import { RuntimeError } from "../engine/engine.js";
import { CursorError, StoreError } from "../store/store.js";

/** A command cannot do what was asked. Printed with its help; the command ends with 1. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  /** Of the server that refused; null for what the command itself has found. */
  readonly code: string | null;
  constructor(
    message: string,
    readonly help: string,
    options?: ErrorOptions & { readonly code?: string },
  ) {
    super(message, options);
    this.code = options?.code ?? null;
  }
}

/** Runs a command and gives its exit code; failures that a person can do something about are printed without a stack. */
export async function runReportingFailures(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    const text = describeFailure(error);
    if (text === null) throw error;
    process.stderr.write(text);
    return 1;
  }
}

/** `error[code]: …` and the help below it; null when it is a bug of ours. */
export function describeFailure(error: unknown): string | null {
  const expected =
    error instanceof CommandFailure ||
    error instanceof RuntimeError ||
    error instanceof StoreError ||
    error instanceof CursorError;
  if (!expected) return null;
  const code = error.code === null ? "" : `[${error.code}]`;
  return `error${code}: ${error.message}\n  = help: ${error.help}\n`;
}
