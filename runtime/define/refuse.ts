import { StepwrightError } from "./errors.js";

/** Stands for what the SDK has and this version has not: compiles, and rejects when it is called. */
export function refuse(call: string): (...args: unknown[]) => Promise<never> {
  return async () => {
    throw new StepwrightError("unsupported-call", `\`${call}\``);
  };
}
