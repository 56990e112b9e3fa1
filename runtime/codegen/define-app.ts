import * as z from "zod";
import type { FunctionDefinition } from "../define/function-definition.js";
import { registeredFunctions } from "../define/registry.js";
import type { CompiledExpression } from "../manifest/expression/interpret-expression.js";
import { manifestSchema, type FunctionEntry, type Manifest } from "../manifest/manifest.js";
import { ApplicationError } from "./application-error.js";
import { findAppId, joinFunctions, type Application } from "./application.js";
import { describeFunction } from "./describe-function.js";
import { createEventValidators } from "./event-validators.js";
import { createExpressionClosures } from "./expression-closures.js";

/** What the build emits beside the modules that it imports. */
export interface AppInput {
  /** The parsed `manifest.json`. */
  readonly manifest: unknown;
  /** Event types and clients whose schemas no function mentions. */
  readonly declarations: readonly unknown[];
  /** By source, the expressions that the build lowered. */
  readonly expressions: readonly (readonly [source: string, closure: CompiledExpression])[];
}

/**
 * Joins the manifest with the functions that the application's modules have defined by now. Functions that the manifest
 * does not have, or knows only in part, are described from their real values.
 *
 * @throws ApplicationError `invalid-manifest`, `missing-definition`, `invalid-function`, `duplicate-function-id`,
 * `several-applications`
 */
export function defineApp(input: AppInput): Application {
  const parsed = manifestSchema.safeParse(input.manifest);
  if (!parsed.success) {
    throw new ApplicationError("invalid-manifest", `the manifest is not valid:\n${z.prettifyError(parsed.error)}`);
  }
  const manifest = parsed.data;
  const appId = manifest.app.id ?? findAppId(registeredFunctions()) ?? "app";
  const definitions = lastById(registeredFunctions().filter(({ client }) => client.id === appId));
  const functions = joinFunctions(appId, [
    ...manifest.functions.map((entry) => matchEntry(entry, definitions)),
    ...describeOthers(manifest, definitions),
  ]);
  return {
    manifest: { ...manifest, functions: functions.map(({ entry }) => entry) },
    appId,
    functions,
    expressions: createExpressionClosures(new Map(input.expressions)),
    events: createEventValidators(manifest.events, [...definitions.values()], input.declarations),
  };
}

/** A module that was loaded again defines its functions again: the last definition is the present one. */
function lastById(definitions: readonly FunctionDefinition[]): ReadonlyMap<string, FunctionDefinition> {
  return new Map(definitions.map((definition) => [definition.id, definition]));
}

function matchEntry(entry: FunctionEntry, definitions: ReadonlyMap<string, FunctionDefinition>) {
  const definition = definitions.get(entry.id);
  if (!definition) {
    const { file, line } = entry.location;
    const message = `the manifest has \`${entry.id}\` at ${file}:${line}, but no loaded module defines it`;
    throw new ApplicationError("missing-definition", message);
  }
  return { entry: entry.opaque.length === 0 ? entry : describeFunction(definition, entry), definition };
}

function describeOthers(manifest: Manifest, definitions: ReadonlyMap<string, FunctionDefinition>) {
  const known = new Set(manifest.functions.map(({ id }) => id));
  return [...definitions.values()]
    .filter(({ id }) => !known.has(id))
    .map((definition) => ({ entry: describeFunction(definition), definition }));
}
