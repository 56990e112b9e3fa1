import { RuntimeError } from "../engine/engine.js";
import { CursorError, StoreError } from "../store/store.js";

/** A command cannot do what was asked. Printed with its help; the command ends with 1. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  constructor(
    message: string,
    readonly help: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
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
  if (error instanceof CommandFailure) return `error: ${error.message}\n  = help: ${error.help}\n`;
  if (error instanceof RuntimeError || error instanceof StoreError || error instanceof CursorError) {
    return `error[${error.code}]: ${error.message}\n  = help: ${error.help}\n`;
  }
  return null;
}
