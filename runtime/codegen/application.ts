/** An application as the engine runs it: the manifest with the code that belongs to it. */
import type { FunctionDefinition } from "../define/function-definition.js";
import { manifestVersion, type FunctionEntry, type Manifest } from "../manifest/manifest.js";
import { ApplicationError } from "./application-error.js";
import { describeFunction } from "./describe-function.js";
import { createEventValidators, type EventValidators } from "./event-validators.js";
import { createExpressionClosures, type ExpressionClosures } from "./expression-closures.js";

export interface ApplicationFunction {
  /** `<app>-<id>`. */
  readonly fullId: string;
  /** Complete: what was opaque in the manifest is resolved. */
  readonly entry: FunctionEntry;
  readonly definition: FunctionDefinition;
}

export interface Application {
  /** Its `functions` are the entries below, in the same order. */
  readonly manifest: Manifest;
  readonly appId: string;
  readonly functions: readonly ApplicationFunction[];
  /** Closures by the source of the expression. */
  readonly expressions: ExpressionClosures;
  readonly events: EventValidators;
}

/**
 * Makes an application of definitions alone, without a build: for tests, and for programs that define functions at run
 * time.
 *
 * @param options.appId needed only when there are no definitions; else the id of their client
 * @throws ApplicationError `invalid-function`, `duplicate-function-id`, `several-applications`
 */
export function applicationFromDefinitions(
  definitions: readonly FunctionDefinition[],
  options: { readonly appId?: string } = {},
): Application {
  const appId = options.appId ?? findAppId(definitions) ?? "app";
  const functions = joinFunctions(
    appId,
    definitions.map((definition) => ({ definition, entry: describeFunction(definition) })),
  );
  const manifest: Manifest = {
    version: manifestVersion,
    app: { id: appId, package: "stepwright" },
    events: [],
    functions: functions.map(({ entry }) => entry),
    waivers: [],
    opaque: [],
    hash: "",
  };
  return {
    manifest,
    appId,
    functions,
    expressions: createExpressionClosures(new Map()),
    events: createEventValidators([], definitions),
  };
}

/** Adds full ids. @throws ApplicationError `duplicate-function-id` */
export function joinFunctions(
  appId: string,
  functions: readonly { readonly entry: FunctionEntry; readonly definition: FunctionDefinition }[],
): ApplicationFunction[] {
  const seen = new Set<string>();
  return functions.map(({ entry, definition }) => {
    if (seen.has(entry.id))
      throw new ApplicationError("duplicate-function-id", `two functions are called \`${entry.id}\``);
    seen.add(entry.id);
    return { fullId: `${appId}-${entry.id}`, entry, definition };
  });
}

/** The id that the definitions' clients share; null when there are none. @throws ApplicationError `several-applications` */
export function findAppId(definitions: readonly FunctionDefinition[]): string | null {
  const ids = [...new Set(definitions.map(({ client }) => client.id))];
  if (ids.length <= 1) return ids[0] ?? null;
  const names = ids.map((id) => `\`${id}\``).join(", ");
  throw new ApplicationError("several-applications", `the functions belong to several applications: ${names}`);
}
