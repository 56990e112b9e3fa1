import { normalizeFunctionConfig } from "../../../runtime/manifest/function-config.js";
import type {
  EnvironmentVariable,
  FunctionEntry,
  HandlerEntry,
  Opaque,
  Trigger,
} from "../../../runtime/manifest/manifest.js";
import type { Folded, FoldedValue } from "../2-model/folded.js";
import type { AppModel, FunctionModel, HandlerModel, OpaqueModel, TriggerModel } from "../2-model/model.js";
import { hashContent } from "./content-hash.js";
import { compareLocations, locate } from "./location.js";
import { describeOutput } from "./output-schema.js";
import { drawStepGraph, listFarTargets } from "./step-graph.js";

/**
 * An entry that was made before, and what it took from the model beside the function itself. A function that an edit
 * does not concern stays the same object, and with 1,000 of them their entries were a third of the time of an edit.
 */
interface KnownEntry {
  readonly around: string;
  readonly entry: FunctionEntry;
}

const knownEntries = new WeakMap<FunctionModel, KnownEntry>();

/**
 * The manifest's entry of a function whose id is known. It is shared with other manifests that have the same function.
 *
 * @param opaque what could not be known of this function
 */
export function makeFunctionEntry(
  model: AppModel,
  definition: FunctionModel,
  id: string,
  opaque: readonly OpaqueModel[],
): FunctionEntry {
  const targets = listHandlersOf(definition).flatMap((handler) => listFarTargets(model, handler.steps));
  const around = JSON.stringify([id, targets, opaque.map(({ at, reason, span }) => [at, reason, locate(span)])]);
  const known = knownEntries.get(definition);
  if (known?.around === around) return known.entry;
  const entry = describeFunction(model, definition, id, opaque);
  knownEntries.set(definition, { around, entry });
  return entry;
}

function describeFunction(
  model: AppModel,
  definition: FunctionModel,
  id: string,
  opaque: readonly OpaqueModel[],
): FunctionEntry {
  const { config } = normalizeFunctionConfig(definition.config.value, []);
  const triggers = (definition.triggers ?? []).flatMap(readTrigger);
  const output = definition.handler && describeOutput(definition.handler.output);
  const name = textField(definition.config.value, "name");
  const description = textField(definition.config.value, "description");
  const { handler, onFailure, onCancel, onComplete } = definition;
  const code = [handler, onFailure, onCancel, onComplete].map(
    (each) => each && [each.code, each.statements.at(-1) ?? null, each.bodies],
  );
  const environment = listEnvironment(listHandlersOf(definition));
  const lifecycle = {
    ...(onFailure && { onFailure: describeHandler(model, onFailure) }),
    ...(onCancel && { onCancel: describeHandler(model, onCancel) }),
    ...(onComplete && { onComplete: describeHandler(model, onComplete) }),
  };
  return {
    id,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    triggers,
    config,
    handlers: {
      onFailure: onFailure !== null || hasField(definition.config.value, "onFailure"),
      onCancel: onCancel !== null || hasField(definition.config.value, "onCancel"),
      onComplete: onComplete !== null || hasField(definition.config.value, "onComplete"),
    },
    ...(handler ? describeHandler(model, handler) : { steps: [] }),
    ...(Object.keys(lifecycle).length > 0 && { lifecycle }),
    ...(output && { output }),
    location: locate(definition.span),
    ...(definition.export && { export: copyExport(definition.export) }),
    hash: hashContent([id, triggers, config, code]),
    ...(environment.length > 0 && { environment }),
    opaque: listOpaque(definition, opaque),
  };
}

/** The main handler first. */
function listHandlersOf({ handler, onFailure, onCancel, onComplete }: FunctionModel): HandlerModel[] {
  return [handler, onFailure, onCancel, onComplete].filter((each) => each !== null);
}

function describeHandler(model: AppModel, handler: HandlerModel): HandlerEntry {
  const control = handler.statements.at(-1);
  return {
    steps: drawStepGraph(model, handler.steps, handler),
    location: locate(handler.span),
    ...(control !== undefined && { control }),
    ...(handler.mayEndEarly && { mayEndEarly: true as const }),
    ...(handler.escapes.length > 0 && { stepsLeave: true as const }),
  };
}

/** Of all its handlers, each variable once. */
function listEnvironment(handlers: readonly HandlerModel[]): EnvironmentVariable[] {
  const found = new Map<string, EnvironmentVariable>();
  for (const { name, need, fallback, span } of handlers.flatMap(({ environment }) => environment)) {
    if (found.has(name) && need !== "required") continue;
    found.set(name, { name, need, ...(fallback !== null && { default: fallback }), location: locate(span) });
  }
  return [...found.values()].sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** The model's lists are readonly, the manifest's are not. */
export function copyExport({ module, name, path }: { module: string; name: string; path: readonly string[] }) {
  return { module, name, path: [...path] };
}

function readTrigger(trigger: TriggerModel): Trigger[] {
  if (trigger.kind === "invoke") return [{ kind: "invoke", ...(trigger.schema && { schema: trigger.schema }) }];
  return normalizeFunctionConfig({}, [trigger.value.value]).triggers;
}

function hasField(value: FoldedValue, name: string): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name);
}

function textField(value: FoldedValue, name: string): string | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  const found: unknown = Reflect.get(value, name);
  return typeof found === "string" ? found : undefined;
}

/** What the runtime has to find out at load. An entry without any of these is complete. */
function listOpaque(definition: FunctionModel, opaque: readonly OpaqueModel[]): Opaque[] {
  const found = opaque.map(({ at, reason, span }): Opaque => ({ at, reason, location: locate(span) }));
  const known = new Set(found.map(({ at }) => at));
  const add = (prefix: readonly (string | number)[], folded: Folded): void => {
    for (const { path, reason, span } of folded.unknowns) {
      const at = [...prefix, ...path].join(".");
      if (!known.has(at)) found.push({ at, reason, location: locate(span) });
      known.add(at);
    }
  };
  add([], definition.config);
  definition.triggers?.forEach((trigger, position) => add(["triggers", position], trigger.value));
  return found.sort((left, right) => compareLocations(left.location, right.location) || (left.at < right.at ? -1 : 1));
}
