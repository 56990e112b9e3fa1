import type { FunctionEntry, JsonSchema, Manifest } from "../../../runtime/manifest/manifest.js";
import { importPath, type EmitPlace } from "./import-path.js";
import { printJsonSchemaType } from "./json-schema-type.js";
import { memberAccess } from "./member-access.js";
import { namePropertiesOf } from "./property-names.js";

/** What `templates/client.ts.hbs` prints. */
export interface ClientView {
  /** Where generated code finds the runtime. */
  readonly packagePath: string;
  readonly app: string | null;
  readonly events: readonly {
    readonly name: string;
    readonly property: string;
    /** A TypeScript type. */
    readonly type: string;
    readonly description: { readonly name: string; readonly schema?: JsonSchema };
  }[];
  /** Types of the data of events without a schema, as their senders give it. */
  readonly inferred: readonly { readonly name: string; readonly type: string }[];
  readonly functions: readonly {
    readonly id: string;
    readonly property: string;
    readonly input: string;
    readonly result: string;
  }[];
  readonly usesResults: boolean;
  /** The exported definitions that the result types come from which could not be printed. */
  readonly definitions: readonly { readonly name: string; readonly from: string; readonly as: string }[];
}

export function viewClient(manifest: Manifest, place: EmitPlace): ClientView {
  const declared = new Set(manifest.events.map(({ name }) => name));
  const eventNames = namePropertiesOf(
    manifest.events.map(({ name }) => name),
    "Event",
  );
  const functionNames = namePropertiesOf(
    manifest.functions.map(({ id }) => id),
    "Function",
  );
  // A printed type costs `tsc` little and needs no module of the application; the definition's own is the second choice.
  const exported = manifest.functions.flatMap((entry) =>
    entry.export && !entry.output ? [{ id: entry.id, path: entry.export }] : [],
  );
  const aliases = new Map(exported.map(({ id }, index) => [id, `definition${index}`]));
  return {
    packagePath: `${manifest.app.package}/codegen`,
    app: manifest.app.id,
    events: manifest.events.map((event) => ({
      name: event.name,
      property: eventNames.get(event.name) ?? event.name,
      type: event.schema ? printJsonSchemaType(event.schema) : "any",
      description: { name: event.name, ...(event.schema && { schema: event.schema }) },
    })),
    inferred: manifest.events.flatMap(({ name, inferred }) =>
      inferred ? [{ name, type: printJsonSchemaType(inferred) }] : [],
    ),
    functions: manifest.functions.map((entry) => ({
      id: entry.id,
      property: functionNames.get(entry.id) ?? entry.id,
      input: printInput(entry, declared),
      result: printResult(entry, aliases.get(entry.id)),
    })),
    usesResults: exported.length > 0,
    definitions: exported.map(({ id, path }) => ({
      name: path.name,
      from: importPath(path.module, place),
      as: aliases.get(id) ?? "_",
    })),
  };
}

function printResult(entry: FunctionEntry, alias: string | undefined): string {
  if (entry.output) return printJsonSchemaType(entry.output);
  return alias === undefined || !entry.export
    ? "unknown"
    : `ResultOf<(typeof ${alias})${memberAccess(entry.export.path)}>`;
}

/** What an invocation brings as data: what the function asks for, else the data of one of its events. */
function printInput(entry: FunctionEntry, declared: ReadonlySet<string>): string {
  const invocation = entry.triggers.find((trigger) => trigger.kind === "invoke");
  if (invocation) return invocation.schema ? printJsonSchemaType(invocation.schema) : "any";
  if (entry.opaque.some(({ at }) => at.startsWith("triggers"))) return "any";
  const names = entry.triggers.flatMap((trigger) => (trigger.kind === "event" ? [trigger.event] : []));
  if (names.length === 0 || !names.every((name) => declared.has(name))) return "any";
  return [...new Set(names)].map((name) => `Events[${JSON.stringify(name)}]`).join(" | ");
}
