import { createHash } from "node:crypto";
import type { FunctionDefinition } from "../define/function-definition.js";
import { normalizeFunctionConfig } from "../manifest/function-config.js";
import type { FunctionEntry, Location, Trigger } from "../manifest/manifest.js";
import { ApplicationError } from "./application-error.js";

/** Functions that are only known at run time are nowhere in the source. */
const nowhere: Location = { file: "(run time)", line: 1, column: 1 };

/**
 * The manifest's entry of a definition, from its real values: for functions that the compiler could not describe, or
 * not completely. `known` is what it did find out.
 *
 * @throws ApplicationError `invalid-function`, with every error in the configuration
 */
export function describeFunction(definition: FunctionDefinition, known?: FunctionEntry): FunctionEntry {
  const { config, triggers, problems } = normalizeFunctionConfig(definition.config, definition.triggers);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) {
    const list = errors.map(({ path, message }) => `\n  ${path.join(".")}: ${message}`).join("");
    const help = errors.length === 1 ? errors[0]?.help : undefined;
    throw new ApplicationError("invalid-function", `the configuration of \`${definition.id}\` is wrong:${list}`, help);
  }
  const { name, description } = definition.config;
  return {
    id: definition.id,
    ...(typeof name === "string" && { name }),
    ...(typeof description === "string" && { description }),
    triggers: known ? triggers.map((trigger) => withKnownSchema(trigger, known)) : triggers,
    config,
    handlers: {
      onFailure: definition.onFailure !== undefined,
      onCancel: definition.onCancel !== undefined,
      onComplete: definition.onComplete !== undefined,
    },
    steps: known?.steps ?? [],
    location: known?.location ?? nowhere,
    ...(known?.export && { export: known.export }),
    ...(known?.environment && { environment: known.environment }),
    hash: hashOf(known ? known.hash : codeOf(definition), { config, triggers }),
    opaque: known?.opaque ?? [],
  };
}

/** Only the compiler knows the JSON Schema of an invocation's data. */
function withKnownSchema(trigger: Trigger, known: FunctionEntry): Trigger {
  if (trigger.kind !== "invoke") return trigger;
  return known.triggers.find((each) => each.kind === "invoke") ?? trigger;
}

const codeOf = (definition: FunctionDefinition): string[] =>
  [definition.handler, definition.onFailure, definition.onCancel, definition.onComplete].map((handler) =>
    String(handler ?? ""),
  );

function hashOf(code: string | string[], described: object): string {
  return createHash("sha256")
    .update(JSON.stringify([described, code]))
    .digest("hex");
}
