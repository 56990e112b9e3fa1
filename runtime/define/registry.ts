import type { FunctionDefinition } from "./function-definition.js";

const slot = Symbol.for("stepwright.registered-functions");

const all: FunctionDefinition[] = ((globalThis as { [slot]?: FunctionDefinition[] })[slot] ??= []);

/** Remembers a definition. Called by `createFunction` alone. */
export function registerFunction(definition: FunctionDefinition): void {
  all.push(definition);
}

/**
 * Every function that a module imported so far has defined, in order, whichever copy of the package made it. A module
 * that was loaded twice has its functions here twice.
 */
export function registeredFunctions(): readonly FunctionDefinition[] {
  return all;
}

/** Forgets everything; for a process that loads the application anew. */
export function clearRegisteredFunctions(): void {
  all.length = 0;
}
